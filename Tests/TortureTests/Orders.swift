import Scratch

/// What the fault layer shall do to one process.
struct Orders {
    enum Moment: String, CaseIterable { case before, during, after }

    var crashAt: (number: Int, moment: Moment)?
    /// `CALL:WORD`: points are counted from the first such call on a path that contains the word.
    var from: String?
    /// `CALL:ERRNO:WHICH:WORD`, as `Tests/FaultLayer/Points.c` says.
    var failures: [String] = []
    /// The calls fail only while this file is there.
    var onlyWhile: String?
    /// A file of eight bytes: how far the wall clock is off.
    var clock: String?
    /// The number of a kind of file system, in the place of the real one.
    var fileSystem: UInt32?
    /// A file that gets a line for each point.
    var trace: String?

    static let none = Orders()

    static func crash(_ number: Int, _ moment: Moment) -> Orders { Orders(crashAt: (number, moment)) }

    /// Where the layer lies: beside our programs.
    private static let library = Program.folder + "libFaultLayer.so"

    func variables(root: String) -> [String: String] {
        var variables = ["LD_PRELOAD": Self.library, "JOBD_FAULT_ROOT": root]
        if let (number, moment) = crashAt {
            variables["JOBD_FAULT_CRASH"] = "\(number):\(moment.rawValue)"
        }
        if !failures.isEmpty { variables["JOBD_FAULT_FAIL"] = failures.joined(separator: ",") }
        variables["JOBD_FAULT_FROM"] = from
        variables["JOBD_FAULT_WHILE"] = onlyWhile
        variables["JOBD_FAULT_CLOCK"] = clock
        variables["JOBD_FAULT_TRACE"] = trace
        variables["JOBD_FAULT_FS"] = fileSystem.map { String($0) }
        return variables
    }
}
