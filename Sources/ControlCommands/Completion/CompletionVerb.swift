internal import CommandLineTool
internal import JSON

enum CompletionVerb: ControlVerb {
    static let command = Command(
        "completion", "print a completion script for a shell", operands: "bash|zsh|fish",
        discussion: [
            """
            Completes verbs, options and their values: ids of jobs in a state that suits the verb, models, \
            the keys and choices of their inputs, labels and states.
            """
        ],
        examples: [
            .init("source <(jobctl completion bash)", "in ~/.bashrc"),
            .init("jobctl completion zsh > ~/.zfunc/_jobctl", "in a directory of $fpath"),
            .init("jobctl completion fish > ~/.config/fish/completions/jobctl.fish", "for fish"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let names = session.arguments.operands
        let shell = try Shell(named: names.count == 1 ? names[0] : "")
        if session.wantsJSON {
            try session.emit(.object(["shell": .string(shell.rawValue), "script": .string(shell.script)]))
        } else {
            try session.screen.write(shell.script)
        }
        return .success
    }
}

/// The scripts for jobctl, which ask `jobctl complete`.
extension Shell {
    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    /// bash also breaks words at = and :, so the script passes the whole line. jobctl answers with what
    /// follows the last of them.
    private static let bashScript = #"""
        # bash completion for jobctl
        _jobctl() {
            local candidates
            mapfile -t candidates < <(jobctl complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
            case "${candidates[0]-}" in
            :files|:files=) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
            :directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
            *)
                COMPREPLY=("${candidates[@]}")
                if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
                ;;
            esac
        }
        complete -o nosort -F _jobctl jobctl

        """#

    private static let zshScript = #"""
        #compdef jobctl
        # zsh completion for jobctl
        _jobctl() {
            local -a lines values texts
            local line
            lines=("${(@f)$(jobctl complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
            case "${lines[1]}" in
            :files) _files; return ;;
            :files=) compset -P '*='; _files; return ;;
            :directories) _files -/; return ;;
            '') return 1 ;;
            esac
            local -a open opentexts
            for line in $lines; do
                if [[ ${line%%$'\t'*} == *= ]]; then
                    open+=("${line%%$'\t'*}"); opentexts+=("${line/$'\t'/  -- }")
                else
                    values+=("${line%%$'\t'*}"); texts+=("${line/$'\t'/  -- }")
                fi
            done
            (( ${#values} )) && compadd -V values -l -d texts -- $values
            (( ${#open} )) && compadd -V open -S '' -l -d opentexts -- $open
        }
        if [[ $funcstack[1] == _jobctl ]]; then _jobctl "$@"; else compdef _jobctl jobctl; fi

        """#

    private static let fishScript = #"""
        # fish completion for jobctl
        function __jobctl_complete
            set -l words (commandline -opc)
            set -l found (jobctl complete fish $words[2..-1] (commandline -ct) 2>/dev/null)
            switch "$found[1]"
                case ':files'
                    __fish_complete_path (commandline -ct)
                case ':files='
                    set -l parts (string split -m 1 = -- (commandline -ct))
                    for path in (__fish_complete_path $parts[2])
                        printf '%s=%s\n' $parts[1] $path
                    end
                case ':directories'
                    __fish_complete_directories (commandline -ct)
                case '*'
                    printf '%s\n' $found
            end
        end
        complete -c jobctl -f -k -a '(__jobctl_complete)'

        """#
}
