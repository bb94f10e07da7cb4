internal import CommandLineTool

/// `ssh://[USER@]HOST[:PORT]`, as `--host` and `$JOBD_HOST` name another machine.
struct HostAddress: Equatable {
    let user: String?
    let name: String
    let port: Int?

    static let variable = "JOBD_HOST"

    init(_ text: String) throws(Failure) {
        let fault = Failure.usage(
            "\"\(SafeText.escape(text))\" is no host", hint: "write --host ssh://[USER@]HOST[:PORT]")
        guard text.hasPrefix("ssh://") else { throw fault }
        var rest = text.dropFirst("ssh://".count)
        if rest.hasSuffix("/") { rest.removeLast() }
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: Int?
        // An IPv6 address is in brackets, because it contains colons.
        if let colon = rest.lastIndex(of: ":"), rest.last != "]" {
            guard let number = Int(rest[rest.index(after: colon)...]), 1...65_535 ~= number else {
                throw fault
            }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        self.name = String(rest)
        (self.user, self.port) = (user, port)
        // ssh would take it for an option, or expand it in its configuration.
        for word in [name] + (user.map { [$0] } ?? []) {
            let isPlain = word.utf8.allSatisfy {
                $0 > 0x20 && $0 != 0x7F && !"/?#'\"`$\\;&<>|(){}%".utf8.contains($0)
            }
            guard !word.isEmpty, !word.hasPrefix("-"), isPlain else { throw fault }
        }
    }

    /// The words for ssh.
    var words: [String] {
        (user.map { ["-l", $0] } ?? []) + (port.map { ["-p", String($0)] } ?? []) + ["--", name]
    }
}

extension Option {
    static let host = Option(
        "host", value: "ssh://HOST", "run it on another machine, through ssh; else $JOBD_HOST")
}
