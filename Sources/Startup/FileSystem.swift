internal import CLinux

/// The kind of file system that a directory is on. A write-ahead log needs working locks and memory that all
/// processes share: across a network it has neither.
package enum FileSystem: Equatable, Sendable {
    case local
    case network(String)
    /// FUSE: the kernel does not say what is behind it.
    case mayBeRemote

    package init(of path: String) {
        let networks: [UInt32: String] = [
            0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x0102_1997: "9P",
            0x00C3_6400: "Ceph", 0x5346_414F: "AFS", 0x7375_7245: "Coda", 0x0BD0_0BD0: "Lustre",
            0x7461_636F: "OCFS2", 0x0116_1970: "GFS2", 0x4750_4653: "GPFS",
        ]
        let magic = unsafe linux_file_system(path)
        if let name = networks[magic] {
            self = .network(name)
        } else {
            self = magic == 0x6573_5546 ? .mayBeRemote : .local
        }
    }

    /// What is wrong with a state directory here, and what to do.
    package var complaint: (text: String, hint: String)? {
        switch self {
        case .local: nil
        case .network(let name):
            (
                "the state directory is on \(name): SQLite's log does not work across a network",
                "move it to a local disk; only output_dir may be on the network"
            )
        case .mayBeRemote:
            (
                "the state directory is on a FUSE file system, which may be a remote one",
                "if it is remote, move it to a local disk"
            )
        }
    }
}
