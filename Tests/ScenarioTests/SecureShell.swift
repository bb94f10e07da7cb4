import Glibc
import Scratch
import Testing

/// An sshd of its own on loopback, with its own keys: the other machine. jobctl over there works on the state
/// directory of the stage.
final class SecureShell {
    static let server = "/usr/sbin/sshd"
    static var isThere: Bool { FileOnDisk.exists(server) }

    let stage: Stage
    let url: String
    private let server: Program
    private var log: String { stage.scratch["sshd.log"] }
    private var sockets: String { stage.scratch["run"] + "/jobctl" }

    /// - Parameter shell: the login shell over there, if it is not that of the user.
    init(_ stage: Stage = Stage(), shell: String? = nil, path: String = Program.folder) async throws {
        self.stage = stage
        // Where root's sshd separates its privileges.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        for name in ["host-key", "key"] {
            Program.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stage.scratch[name])
        }
        mkdir(stage.scratch["run"], 0o700)
        let port = try Self.freePort()
        url = "ssh://127.0.0.1:\(port)"
        let force = shell.map { "ForceCommand exec \($0) -c \"$SSH_ORIGINAL_COMMAND\"" } ?? ""
        stage.file(
            "sshd_config",
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(stage.scratch["host-key"])
            AuthorizedKeysFile \(stage.scratch["key.pub"])
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            LogLevel INFO
            SetEnv PATH=\(path):/usr/bin:/bin JOBD_STATE_DIR=\(stage.state) HOME=\(stage.folder)
            \(force)

            """)
        stage.file(
            "ssh_config",
            """
            Host *
            IdentityFile \(stage.scratch["key"])
            IdentitiesOnly yes
            UserKnownHostsFile \(stage.scratch["known"])
            StrictHostKeyChecking accept-new
            BatchMode yes

            """)
        server = try Program(
            Self.server, ["-D", "-f", stage.scratch["sshd_config"], "-E", stage.scratch["sshd.log"]],
            environment: ["PATH": "/usr/bin:/bin"])
        let log = stage.scratch["sshd.log"]
        try await eventually("sshd listens: \(FileOnDisk.content(log))") {
            FileOnDisk.content(log).contains("Server listening")
        }
    }

    deinit {
        for name in FileOnDisk.names(sockets) {
            Program.run("ssh", "-F", "none", "-S", "\(sockets)/\(name)", "-O", "exit", "nobody")
        }
    }

    /// What makes a jobctl here use this server, and nothing of this machine.
    var environment: [String: String] {
        [
            "JOBCTL_SSH": "ssh -F \(stage.scratch["ssh_config"])", "XDG_RUNTIME_DIR": stage.scratch["run"],
            "JOBD_HOST": url, "JOBD_STATE_DIR": stage.scratch["nothing"], "HOME": stage.scratch["nothing"],
        ]
    }

    @discardableResult
    func jobctl(_ words: String..., input: String = "", environment changes: [String: String] = [:]) throws
        -> Answer
    {
        try stage.jobctl(words, input: input, environment: environment.merging(changes) { $1 })
    }

    func start(_ words: String..., environment changes: [String: String] = [:]) throws -> Program {
        try stage.start(words, environment: environment.merging(changes) { $1 })
    }

    /// How often somebody has logged in.
    var logins: Int {
        FileOnDisk.content(log).split(separator: "\n").count { $0.contains("Accepted publickey") }
    }

    /// A port that was free just now.
    private static func freePort() throws -> UInt16 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, length) == 0 && getsockname(file, $0, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }
}
