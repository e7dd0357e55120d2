# fish completion for jit-approve(1)

set -l commands list show approve deny acknowledge dispute revoke withdraw grants watch
set -l none "not __fish_seen_subcommand_from $commands"

# The first column of the list; silent and short where the store does not answer.
function __fish_jit_approve_requests
    timeout 1 jit-approve list $argv --color never 2>/dev/null </dev/null |
        string replace -rf '^([a-z2-7]{8})\s+(.*)' '$1\t$2'
end

complete -c jit-approve -f
complete -c jit-approve -n "$none" -a list -d 'What waits for a review'
complete -c jit-approve -n "$none" -a show -d 'Everything about one request'
complete -c jit-approve -n "$none" -a approve -d 'Give an approval'
complete -c jit-approve -n "$none" -a deny -d 'Say no'
complete -c jit-approve -n "$none" -a acknowledge -d 'What ran by break-glass was right'
complete -c jit-approve -n "$none" -a dispute -d 'What ran by break-glass was not'
complete -c jit-approve -n "$none" -a revoke -d 'Take back an approval that has not been claimed'
complete -c jit-approve -n "$none" -a withdraw -d 'Take back a request of your own'
complete -c jit-approve -n "$none" -a grants -d 'Approvals that can still be used'
complete -c jit-approve -n "$none" -a watch -d 'One line per event'
complete -c jit-approve -n '__fish_seen_subcommand_from approve deny acknowledge dispute' -a '(__fish_jit_approve_requests)'
complete -c jit-approve -n '__fish_seen_subcommand_from show revoke withdraw' -a '(__fish_jit_approve_requests --all)'
complete -c jit-approve -n '__fish_seen_subcommand_from approve deny acknowledge dispute revoke' -s m -x -d Message
complete -c jit-approve -n '__fish_seen_subcommand_from approve' -l yes -d 'Do not ask'
complete -c jit-approve -n '__fish_seen_subcommand_from approve' -l sign -d 'Only with a signature'
complete -c jit-approve -n '__fish_seen_subcommand_from list' -l all -d 'Also what does not wait for me'
complete -c jit-approve -n '__fish_seen_subcommand_from list show grants watch' -l json -d 'Print JSON'
complete -c jit-approve -l config -r -F -d 'Read this configuration file'
complete -c jit-approve -l backend -x -a 'local local:' -d 'Where requests are'
complete -c jit-approve -l policies -r -F -d 'A policy file or a directory of them'
complete -c jit-approve -l color -x -a 'auto always never' -d 'Colour in messages'
complete -c jit-approve -l help -d 'Print a summary of the options'
complete -c jit-approve -l version -d 'Print the version'
