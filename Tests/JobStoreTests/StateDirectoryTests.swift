import Glibc
import Scratch
import Testing

@testable import JobStore

@Suite struct StateDirectoryTests {
    private let scratch = ScratchDirectory()

    private static let files = ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock"]

    @Test(arguments: [0o022, 0o077, 0o000] as [UInt32])
    func `what is made is private, whatever the umask`(mask: UInt32) async throws {
        let state = scratch["deep/er/state"]
        await #expect(processExitsWith: .success) { [state = state as String, mask = mask as UInt32] in
            umask(mask)
            let directory = StateDirectory(state)
            let database = try JobDatabase(directory, .create)
            _ = try database.job()
            let lock = try #require(try StateLock(directory, as: "jobd"))
            #expect(FileOnDisk(state)?.mode == 0o700)
            #expect(FileOnDisk(state + "/..")?.mode == 0o700)
            for file in StateDirectoryTests.files {
                #expect(FileOnDisk(state + "/" + file)?.mode == 0o600, "\(file)")
            }
            try database.backup(to: state + "/copy.db")
            #expect(FileOnDisk(state + "/copy.db")?.mode == 0o600)
            withExtendedLifetime(lock) {}
        }
    }

    @Test(arguments: [0o022, 0o077] as [UInt32])
    func `in a group's directory the group may use what is made, whatever the umask`(mask: UInt32)
        async throws
    {
        let state = scratch["shared"]
        #expect(mkdir(state, 0o700) == 0 && chmod(state, 0o2770) == 0)
        await #expect(processExitsWith: .success) { [state = state as String, mask = mask as UInt32] in
            umask(mask)
            let database = try JobDatabase(StateDirectory(state), .create)
            _ = try database.job()
            let lock = try #require(try StateLock(StateDirectory(state), as: "jobd"))
            for file in StateDirectoryTests.files {
                #expect(FileOnDisk(state + "/" + file)?.mode == 0o660, "\(file)")
            }
            withExtendedLifetime(lock) {}
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to make what others then use"))
    func `what root makes belongs to the directory's owner and the group can work with it`() async throws {
        let state = scratch["theirs"]
        #expect(mkdir(state, 0o700) == 0 && chown(state, 1234, 5678) == 0 && chmod(state, 0o2770) == 0)
        chmod(scratch.path, 0o755)
        let database = try JobDatabase(StateDirectory(state), .create)
        _ = try database.job()
        for file in Self.files {
            let found = FileOnDisk(state + "/" + file)
            #expect(found?.owner == 1234 && found?.group == 5678, "\(file)")
        }
        // A member of the group, who is not the owner, under a strict umask; then the owner again.
        for user in [UInt32(4321), 1234] {
            await #expect(processExitsWith: .success) { [state = state as String, user = user as UInt32] in
                umask(0o077)
                try #require(setgroups(0, nil) == 0 && setgid(5678) == 0 && setuid(user) == 0)
                let database = try JobDatabase(StateDirectory(state), .write)
                _ = try database.job()
            }
        }
        #expect(try database.count("jobs") == 3)
        // Somebody else learns which group it takes.
        await #expect(processExitsWith: .success) { [state = state as String] in
            try #require(setgroups(0, nil) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
            let error = #expect(throws: StoreError.self) { try JobDatabase(StateDirectory(state), .write) }
            #expect(error?.name == "noPermission", "\(String(describing: error))")
        }
    }

    @Test func `the directory is found as the contract says`() throws {
        func resolve(_ option: String?, _ environment: [String: String], system: String) throws -> String {
            let found = try StateDirectory.resolve(
                option: option, environment: environment, systemPath: system)
            return "\(found.path) by \(found.origin)"
        }
        let (present, absent) = (scratch.path, scratch["absent"])
        let home = ["HOME": "/home/me", "XDG_STATE_HOME": "/xdg", "JOBD_STATE_DIR": "/env"]
        #expect(try resolve("/opt", home, system: present) == "/opt by option")
        #expect(try resolve(nil, home, system: present) == "/env by environment")
        var rest = home
        rest["JOBD_STATE_DIR"] = ""
        #expect(try resolve(nil, rest, system: present) == "\(present) by system")
        #expect(try resolve(nil, rest, system: absent) == "/xdg/jobd by user")
        rest["XDG_STATE_HOME"] = "relative"
        #expect(try resolve(nil, rest, system: absent) == "/home/me/.local/state/jobd by user")
        rest["HOME"] = nil
        let error = #expect(throws: StoreError.self) { try resolve(nil, rest, system: absent) }
        #expect(error?.exitCode == 69 && error?.description.contains("$HOME is not set") == true)
        #expect(try resolve("here", home, system: absent).hasPrefix("/"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a system directory that may not be written is never passed over in silence`() async throws {
        let state = scratch["system"]
        #expect(mkdir(state, 0o700) == 0)
        await #expect(processExitsWith: .success) { [state = state as String] in
            try #require(setgid(65534) == 0 && setuid(65534) == 0)
            #expect(throws: StoreError.self) {
                try StateDirectory.resolve(
                    option: nil, environment: ["HOME": "/tmp"], systemPath: state)
            }
        }
    }
}
