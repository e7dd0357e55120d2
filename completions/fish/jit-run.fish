# fish completion for jit-run(1): its own options, then whatever the wrapped command completes.

# The words of the wrapped command, once it has begun; fails before that.
function __fish_jit_run_command
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    set -l typed (count $words)
    set -l index 1
    while test $index -le $typed
        switch $words[$index]
            case --
                set index (math $index + 1)
                break
            case -c
                return 1
            case -r --reason -t --ticket -l --label --wait --request --backend --policies --config --color --status-fd --default --audit --token-file --ca-file --client-cert --client-key --helper-path --signing-key
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

function __fish_jit_run_complete_command
    set -l words (__fish_jit_run_command); or return
    __fish_complete_subcommand --commandline $words
end

# The first column of the list; silent and short where the store does not answer.
function __fish_jit_run_requests
    timeout 1 jit-approve list --all --color never 2>/dev/null </dev/null |
        string replace -rf '^([a-z2-7]{8})\s+(.*)' '$1\t$2'
end

set -l own 'not __fish_jit_run_command >/dev/null'
complete -c jit-run -f
complete -c jit-run -n "$own" -s r -l reason -x -d 'Why, for the approver and the trail'
complete -c jit-run -n "$own" -s t -l ticket -x -d 'The ticket this belongs to'
complete -c jit-run -n "$own" -s l -l label -x -d 'Add a label: key=value'
complete -c jit-run -n "$own" -s c -x -d 'Run shell text'
complete -c jit-run -n "$own" -l wait -x -a '5m 15m 30m 1h' -d 'Wait at most this long'
complete -c jit-run -n "$own" -l no-wait -d 'Post the request, print its id, exit'
complete -c jit-run -n "$own" -l request -x -a '(__fish_jit_run_requests)' -d 'Go on with an earlier request'
complete -c jit-run -n "$own" -l break-glass -d 'Run now, be reviewed afterwards'
complete -c jit-run -n "$own" -l bind-stdin -d 'Let standard input be a part of what is approved'
complete -c jit-run -n "$own" -l retry-changed -d 'Ask anew when what would run has changed'
complete -c jit-run -n "$own" -l explain -d 'Print the verdict and the context, run nothing'
complete -c jit-run -n "$own" -l backend -x -a 'local local:' -d 'Where requests are posted'
complete -c jit-run -n "$own" -l policies -r -F -d 'A policy file or a directory of them'
complete -c jit-run -n "$own" -l config -r -F -d 'Read this configuration file'
complete -c jit-run -n "$own" -l default -x -a 'allow ask deny' -d 'The verdict where no rule matches'
complete -c jit-run -n "$own" -l audit -x -a 'asked all' -d 'What the trail records'
complete -c jit-run -n "$own" -l token-file -r -F -d 'Who one is to a server'
complete -c jit-run -n "$own" -l ca-file -r -F -d 'The authority of the server\'s certificate'
complete -c jit-run -n "$own" -l client-cert -r -F -d 'The certificate to show a server'
complete -c jit-run -n "$own" -l client-key -r -F -d 'The key of that certificate'
complete -c jit-run -n "$own" -l helper-path -r -a '(__fish_complete_directories)' -d 'Where backend helpers are'
complete -c jit-run -n "$own" -l signing-key -r -F -d 'The key that signs approvals'
complete -c jit-run -n "$own" -l quiet -d 'Say nothing while all goes well'
complete -c jit-run -n "$own" -l color -x -a 'auto always never' -d 'Colour in messages'
complete -c jit-run -n "$own" -l status-fd -x -d 'Write events to this descriptor'
complete -c jit-run -n "$own" -l help -d 'Print a summary of the options'
complete -c jit-run -n "$own" -l version -d 'Print the version'
complete -c jit-run -x -a '(__fish_jit_run_complete_command)'
