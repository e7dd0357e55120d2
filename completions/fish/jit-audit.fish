# fish completion for jit-audit(1)

set -l commands log verify export replay
set -l none "not __fish_seen_subcommand_from $commands"

complete -c jit-audit -f
complete -c jit-audit -n "$none" -a log -d 'Print the entries'
complete -c jit-audit -n "$none" -a verify -d 'Check the whole chain'
complete -c jit-audit -n "$none" -a export -d 'Print the chain for others to verify'
complete -c jit-audit -n "$none" -a replay -d 'Play the recording of a session'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l use -x -d 'Which of its uses'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l speed -x -d 'So many times as fast'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l idle-limit -x -d 'The longest pause, in seconds'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l from -r -F -d 'An asciicast'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l output -r -F -d 'Write it to this new file'
complete -c jit-audit -n '__fish_seen_subcommand_from replay' -l raw -d 'Write it to stdout'
complete -c jit-audit -n '__fish_seen_subcommand_from log' -l since -x -a '1h 1d 7d 30d' -d 'From this time on'
complete -c jit-audit -n '__fish_seen_subcommand_from log' -l user -x -a '(__fish_complete_users)' -d 'Who did it'
complete -c jit-audit -n '__fish_seen_subcommand_from log' -l request -x -d 'Only this request'
complete -c jit-audit -l json -d 'Print JSON'
complete -c jit-audit -n '__fish_seen_subcommand_from verify' -l from -r -F -d 'An exported file'
complete -c jit-audit -n '__fish_seen_subcommand_from verify' -l head -x -d 'A hash that must still be in the chain'
complete -c jit-audit -n '__fish_seen_subcommand_from verify' -l signers -r -F -d 'Whose signatures count'
complete -c jit-audit -n '__fish_seen_subcommand_from export' -l format -x -a 'jsonl csv' -d Form
complete -c jit-audit -l config -r -F -d 'Read this configuration file'
complete -c jit-audit -l backend -x -a 'local local:' -d 'Where the store is'
complete -c jit-audit -l color -x -a 'auto always never' -d 'Colour in messages'
complete -c jit-audit -l help -d 'Print a summary of the options'
complete -c jit-audit -l version -d 'Print the version'
