/// The shells for which the programs print completion scripts.
package enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    package init(named name: String) throws(Failure) {
        guard let shell = Shell(rawValue: name) else {
            throw .usage("which shell?", hint: "bash, zsh or fish")
        }
        self = shell
    }

    /// A script for a program without operands: it completes options and what may follow them.
    ///
    /// - Parameter words: what may follow an option, by the name of its value in the help. Files and
    ///   directories are known.
    package func script(
        for program: String, _ options: [Option], words: [String: [String]] = [:]
    ) -> String {
        let options = options.map { CompletedOption($0, words: $0.value.flatMap { words[$0] }) }
        switch self {
        case .bash: return Self.bashScript(program, options)
        case .zsh: return Self.zshScript(program, options)
        case .fish: return Self.fishScript(program, options)
        }
    }

    private static func bashScript(_ program: String, _ options: [CompletedOption]) -> String {
        let values = options.compactMap { option in
            option.bashValue.map { "    --\(option.option.name)) \($0) ;;\n" }
        }
        let names = options.map { "--\($0.option.name)" }.joined(separator: " ")
        return """
            # bash completion for \(program)
            _\(program)() {
                local word=${COMP_WORDS[COMP_CWORD]} place=$((COMP_CWORD - 1))
                # bash also breaks words at =.
                if [[ $word == '=' || ${COMP_WORDS[place]} == '=' ]]; then
                    if [[ $word == '=' ]]; then word=; else place=$((place - 1)); fi
                    [[ ${COMP_WORDS[place]} == -* ]] || return
                fi
                case ${COMP_WORDS[place]} in
            \(values.joined())\
                *) mapfile -t COMPREPLY < <(compgen -W '\(names)' -- "$word") ;;
                esac
            }
            complete -F _\(program) \(program)

            """
    }

    private static func zshScript(_ program: String, _ options: [CompletedOption]) -> String {
        """
        #compdef \(program)
        # zsh completion for \(program)
        _\(program)() {
            _arguments \(options.map { "\\\n        " + $0.zshSpecification }.joined(separator: " "))
        }
        if [[ $funcstack[1] == _\(program) ]]; then _\(program) "$@"; else compdef _\(program) \(program); fi

        """
    }

    private static func fishScript(_ program: String, _ options: [CompletedOption]) -> String {
        "# fish completion for \(program)\ncomplete -c \(program) -f\n"
            + options.map { "complete -c \(program) \($0.fishArguments)\n" }.joined()
    }
}

/// An option as a completion script sees it.
private struct CompletedOption {
    let option: Option
    private let following: Following

    private enum Following {
        case nothing, unknown, files, directories
        case words([String])
    }

    init(_ option: Option, words: [String]?) {
        self.option = option
        following =
            switch option.value {
            case nil: .nothing
            case "FILE": .files
            case "DIR": .directories
            case "SHELL": .words(Shell.allCases.map(\.rawValue))
            default: words.map(Following.words) ?? .unknown
            }
    }

    /// The commands that complete the value; nil for a switch.
    var bashValue: String? {
        switch following {
        case .nothing: nil
        case .unknown: "COMPREPLY=()"
        case .files: #"compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word")"#
        case .directories: #"compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word")"#
        case .words(let words):
            (Self.areOpen(words) ? "compopt -o nospace; " : "")
                + "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$word\")"
        }
    }

    var zshSpecification: String {
        let help = "[\(Self.escape(option.help, #"\[]"#))]"
        let value = Self.escape(option.value ?? "", #"\:"#)
        let action =
            switch following {
            case .nothing: ""
            case .unknown: ":\(value): "
            case .files: ":\(value):_files"
            case .directories: ":\(value):_files -/"
            case .words(let words):
                ":\(value):compadd\(Self.areOpen(words) ? #" -S """# : "") -- "
                    + words.joined(separator: " ")
            }
        let name = "--\(option.name)" + (option.value == nil ? "" : "=")
        guard let short = option.short else {
            return Self.quote((option.repeats ? "*" : "") + name + help + action)
        }
        return "'(-\(short) --\(option.name))'{-\(short),\(name)}" + Self.quote(help + action)
    }

    var fishArguments: String {
        let action =
            switch following {
            case .nothing: ""
            case .unknown: " -x"
            case .files: " -r -F"
            case .directories: " -x -a '(__fish_complete_directories)'"
            case .words(let words): " -x -a '\(words.joined(separator: " "))'"
            }
        let help = Self.escape(option.help, #"\'"#)
        return (option.short.map { "-s \($0) " } ?? "") + "-l \(option.name)\(action) -d '\(help)'"
    }

    /// Whether the words are only the first part of a value.
    private static func areOpen(_ words: [String]) -> Bool { words.allSatisfy { $0.hasSuffix("=") } }

    private static func escape(_ text: String, _ special: String) -> String {
        text.reduce(into: "") { $0 += special.contains($1) ? "\\\($1)" : "\($1)" }
    }

    /// In single quotes, for bash and zsh.
    private static func quote(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
}
