# fish completion for jit-policy(1)

set -l commands check explain test who replay
set -l none "not __fish_seen_subcommand_from $commands"

# The words of the command that is explained or asked about, once it has begun; fails before that.
function __fish_jit_policy_command
    set -l words (commandline -opc) (commandline -ct)
    set -l start (contains -i -- explain $words; or contains -i -- who $words); or return 1
    set -l typed (count $words)
    set -l index (math $start + 1)
    while test $index -le $typed
        switch $words[$index]
            case --
                set index (math $index + 1)
                break
            case --set --policies --config --color --as
                set index (math $index + 1)
            case '-*'
            case '*'
                break
        end
        set index (math $index + 1)
    end
    test $index -le $typed; or return 1
    printf '%s\n' $words[$index..-1]
end

function __fish_jit_policy_complete_command
    set -l words (__fish_jit_policy_command); or return
    __fish_complete_subcommand --commandline $words
end

set -l own 'not __fish_jit_policy_command >/dev/null'
complete -c jit-policy -f
complete -c jit-policy -n "$none" -a check -d 'Load files and say what is wrong'
complete -c jit-policy -n "$none" -a explain -d 'Say what the policies make of a command'
complete -c jit-policy -n "$none" -a test -d 'Run the examples in the policies'
complete -c jit-policy -n "$none" -a who -d 'Say who could approve a command now'
complete -c jit-policy -n "$none" -a replay -d 'Hold policies against earlier requests'
complete -c jit-policy -n '__fish_seen_subcommand_from check test replay' -F
complete -c jit-policy -n "__fish_seen_subcommand_from explain who; and $own" -l policies -r -F -d 'A policy file or a directory'
complete -c jit-policy -n "__fish_seen_subcommand_from explain; and $own" -l set -x -d 'PATH=VALUE of the context'
complete -c jit-policy -n "__fish_seen_subcommand_from explain; and $own" -l offline -d 'Ask no source of warnings'
complete -c jit-policy -n "__fish_seen_subcommand_from who; and $own" -l as -x -a '(__fish_complete_users)' -d 'If this user asked'
complete -c jit-policy -n "__fish_seen_subcommand_from replay" -l since -x -d 'A time, or 30d'
complete -c jit-policy -n "__fish_seen_subcommand_from replay" -l backend -x -d 'Where the requests are'
complete -c jit-policy -n "__fish_seen_subcommand_from $commands; and $own" -l json -d 'Print JSON'
complete -c jit-policy -n "$own" -l config -r -F -d 'Read this configuration file'
complete -c jit-policy -n "$own" -l color -x -a 'auto always never' -d 'Colour in messages'
complete -c jit-policy -n "$own" -l help -d 'Print a summary of the options'
complete -c jit-policy -n "$own" -l version -d 'Print the version'
complete -c jit-policy -n '__fish_seen_subcommand_from explain who' -x -a '(__fish_jit_policy_complete_command)'
