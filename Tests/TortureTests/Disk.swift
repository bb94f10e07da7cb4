import Glibc
import Scratch

/// A directory whose power can be cut: then only what was synced is left, or some of the rest by chance.
final class Disk {
    let scratch: ScratchDirectory
    /// Below this the layer watches.
    var root: String { scratch["disk"] }
    private var shadow: String { scratch["shadow"] }
    private var boot: String { scratch["boot"] }
    private(set) var cuts = 0

    init(in scratch: ScratchDirectory) {
        self.scratch = scratch
        mkdir(root, 0o700)
        mkdir(shadow, 0o700)
        FileOnDisk.write("boot-0", to: boot)
    }

    /// What the layer needs to know to keep the shadow.
    var variables: [String: String] { ["JOBD_FAULT_SHADOW": shadow, "JOBD_FAULT_BOOT": boot] }

    /// Puts the directory back to what was synced. `survivors` decides what of the rest is there all the
    /// same; none, where nobody decides.
    func cutPower(survivors: inout SeededNumbers?) {
        cuts += 1
        var live: [UInt64: String] = [:]
        Self.find(root, &live)
        for name in FileOnDisk.names(shadow) where name.hasPrefix("kept-") {
            live[Self.inode(shadow + "/" + name)] = shadow + "/" + name
        }
        let new = scratch["disk-\(cuts)"]
        mkdir(new, 0o700)
        restore(Self.inode(root), to: new, live, &survivors)
        Program.run("rm", "-rf", root, shadow)
        rename(new, root)
        mkdir(shadow, 0o700)
        // What survived is on the disk now.
        adopt(root)
        FileOnDisk.write("boot-\(cuts)", to: boot)
    }

    /// Everything that is there now is on the disk.
    func takeAsSynced() { adopt(root) }

    private struct Entry {
        let inode: UInt64
        let kind: Character
        let name: String
    }

    private func restore(
        _ directory: UInt64, to path: String, _ live: [UInt64: String], _ survivors: inout SeededNumbers?
    ) {
        var entries = synced(directory)
        // The changes of a directory are kept or lost together.
        if let place = live[directory], survivors?.chance(0.5) == true { entries = Self.entries(place) }
        for entry in entries where !entry.name.hasSuffix("-shm") {
            let target = path + "/" + entry.name
            switch entry.kind {
            case "d":
                mkdir(target, 0o700)
                restore(entry.inode, to: target, live, &survivors)
            case "f":
                let old = FileOnDisk.bytes("\(shadow)/\(entry.inode)") ?? []
                let new = live[entry.inode].flatMap(FileOnDisk.bytes) ?? old
                FileOnDisk.write(Self.mix(old, new, &survivors), to: target)
                chmod(target, 0o600)
            default: break
            }
        }
    }

    /// Some blocks of the new content reached the disk, in whatever order.
    private static func mix(_ old: [UInt8], _ new: [UInt8], _ survivors: inout SeededNumbers?) -> [UInt8] {
        guard survivors != nil, old != new else { return old }
        var mixed = old
        if survivors?.chance(0.5) == true {
            mixed = Array(old.prefix(new.count)) + [UInt8](repeating: 0, count: max(0, new.count - old.count))
        }
        for start in stride(from: 0, to: min(mixed.count, new.count), by: 512)
        where survivors?.chance(0.5) == true {
            let block = start..<min(start + 512, mixed.count, new.count)
            mixed.replaceSubrange(block, with: new[block])
        }
        return mixed
    }

    private func synced(_ directory: UInt64) -> [Entry] {
        (FileOnDisk.text("\(shadow)/\(directory)") ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let inode = UInt64(words[0]) else { return nil }
            return Entry(inode: inode, kind: words[1].first ?? "o", name: String(words[2]))
        }
    }

    private func adopt(_ directory: String) {
        let entries = Self.entries(directory)
        let lines = entries.map { "\($0.inode) \($0.kind) \($0.name)\n" }.joined()
        FileOnDisk.write(lines, to: "\(shadow)/\(Self.inode(directory))")
        for entry in entries {
            let path = directory + "/" + entry.name
            if entry.kind == "d" { adopt(path) }
            if entry.kind == "f" {
                FileOnDisk.write(FileOnDisk.bytes(path) ?? [], to: "\(shadow)/\(entry.inode)")
            }
        }
    }

    private static func find(_ directory: String, _ found: inout [UInt64: String]) {
        found[inode(directory)] = directory
        for entry in entries(directory) {
            let path = directory + "/" + entry.name
            if entry.kind == "d" { find(path, &found) } else { found[entry.inode] = path }
        }
    }

    private static func entries(_ directory: String) -> [Entry] {
        FileOnDisk.names(directory).compactMap { name in
            var status = stat()
            guard lstat(directory + "/" + name, &status) == 0 else { return nil }
            let kind: Character =
                status.st_mode & S_IFMT == S_IFDIR ? "d" : status.st_mode & S_IFMT == S_IFREG ? "f" : "o"
            return Entry(inode: UInt64(status.st_ino), kind: kind, name: name)
        }
    }

    /// The paths of all files below a directory.
    static func files(_ directory: String) -> [String] {
        entries(directory).flatMap { entry in
            entry.kind == "d"
                ? files(directory + "/" + entry.name).map { entry.name + "/" + $0 } : [entry.name]
        }
    }

    private static func inode(_ path: String) -> UInt64 { FileOnDisk(path)?.inode ?? 0 }
}
