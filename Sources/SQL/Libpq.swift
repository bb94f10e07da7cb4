internal import Glibc

/// PostgreSQL's client library. It brings two dozen libraries along, so it is loaded when a shared store is
/// opened, and never linked.
@safe struct Libpq: Sendable {
    typealias Text = UnsafePointer<CChar>
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    let connect: @convention(c) (Texts, Texts, Int32) -> OpaquePointer?
    let connectStart: @convention(c) (Texts, Texts, Int32) -> OpaquePointer?
    let finish: @convention(c) (OpaquePointer) -> Void
    let status: @convention(c) (OpaquePointer) -> Int32
    let errorMessage: @convention(c) (OpaquePointer) -> Text?
    let options: @convention(c) (OpaquePointer) -> UnsafeMutableRawPointer?
    let parseOptions:
        @convention(c) (Text, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?)
            -> UnsafeMutableRawPointer?
    let freeOptions: @convention(c) (UnsafeMutableRawPointer) -> Void
    let freeMemory: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let serverVersion: @convention(c) (OpaquePointer) -> Int32
    let transactionStatus: @convention(c) (OpaquePointer) -> Int32
    let socket: @convention(c) (OpaquePointer) -> Int32
    let consumeInput: @convention(c) (OpaquePointer) -> Int32
    let notification: @convention(c) (OpaquePointer) -> UnsafeMutableRawPointer?
    let silence:
        @convention(c) (
            OpaquePointer, @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void,
            UnsafeMutableRawPointer?
        ) -> UnsafeRawPointer?

    let execute: @convention(c) (OpaquePointer, Text) -> OpaquePointer?
    let executeParams:
        @convention(c) (
            OpaquePointer, Text, Int32, UnsafePointer<UInt32>?, Texts?,
            UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
        ) -> OpaquePointer?
    let prepare: @convention(c) (OpaquePointer, Text, Text, Int32, UnsafePointer<UInt32>?) -> OpaquePointer?
    let executePrepared:
        @convention(c) (
            OpaquePointer, Text, Int32, Texts?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?, Int32
        ) -> OpaquePointer?
    let sendPrepared:
        @convention(c) (
            OpaquePointer, Text, Int32, Texts?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?, Int32
        ) -> Int32
    let sendParams:
        @convention(c) (
            OpaquePointer, Text, Int32, UnsafePointer<UInt32>?, Texts?,
            UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
        ) -> Int32
    let beginPipeline: @convention(c) (OpaquePointer) -> Int32
    let endPipeline: @convention(c) (OpaquePointer) -> Int32
    let syncPipeline: @convention(c) (OpaquePointer) -> Int32
    let putCopyData: @convention(c) (OpaquePointer, UnsafeRawPointer?, Int32) -> Int32
    let putCopyEnd: @convention(c) (OpaquePointer, Text?) -> Int32
    let setSingleRowMode: @convention(c) (OpaquePointer) -> Int32
    let nextResult: @convention(c) (OpaquePointer) -> OpaquePointer?

    let resultStatus: @convention(c) (OpaquePointer) -> Int32
    let errorField: @convention(c) (OpaquePointer, Int32) -> Text?
    let affected: @convention(c) (OpaquePointer) -> Text?
    let rowCount: @convention(c) (OpaquePointer) -> Int32
    let columnCount: @convention(c) (OpaquePointer) -> Int32
    let value: @convention(c) (OpaquePointer, Int32, Int32) -> UnsafePointer<CChar>?
    let length: @convention(c) (OpaquePointer, Int32, Int32) -> Int32
    let isNull: @convention(c) (OpaquePointer, Int32, Int32) -> Int32
    let type: @convention(c) (OpaquePointer, Int32) -> UInt32
    let clear: @convention(c) (OpaquePointer) -> Void

    static let ok: Int32 = 0
    static let idle: Int32 = 0
    static let failedTransaction: Int32 = 3
    /// While a statement runs, between two, and after one that failed. Without a connection it is another.
    static let openTransactions: ClosedRange<Int32> = 1...3
    static let commandDone: Int32 = 1
    static let rowsDone: Int32 = 2
    static let copyIn: Int32 = 4
    static let singleRow: Int32 = 9

    private static let loaded = Result { () throws(SQLError) in try Libpq() }

    static func load() throws(SQLError) -> Libpq { try loaded.get() }

    // Long: a line for each function.
    private init() throws(SQLError) {
        guard let library = unsafe dlopen("libpq.so.5", RTLD_NOW) else {
            throw SQLError(.cannotOpen, "a shared store needs libpq: sudo apt-get install libpq5")
        }
        func find<Function>(_ name: String, _: Function.Type) throws(SQLError) -> Function {
            guard let symbol = unsafe dlsym(library, name) else {
                throw SQLError(.cannotOpen, "this libpq has no \(name): install a newer libpq5")
            }
            return unsafe unsafeBitCast(symbol, to: Function.self)
        }
        func find<Function>(_ name: String) throws(SQLError) -> Function { try find(name, Function.self) }
        unsafe connect = try unsafe find("PQconnectdbParams")
        unsafe connectStart = try unsafe find("PQconnectStartParams")
        unsafe finish = try unsafe find("PQfinish")
        unsafe status = try unsafe find("PQstatus")
        unsafe errorMessage = try unsafe find("PQerrorMessage")
        unsafe options = try unsafe find("PQconninfo")
        unsafe parseOptions = try unsafe find("PQconninfoParse")
        unsafe freeOptions = try unsafe find("PQconninfoFree")
        unsafe freeMemory = try unsafe find("PQfreemem")
        unsafe serverVersion = try unsafe find("PQserverVersion")
        unsafe transactionStatus = try unsafe find("PQtransactionStatus")
        unsafe socket = try unsafe find("PQsocket")
        unsafe consumeInput = try unsafe find("PQconsumeInput")
        unsafe notification = try unsafe find("PQnotifies")
        unsafe silence = try unsafe find("PQsetNoticeProcessor")
        unsafe execute = try unsafe find("PQexec")
        unsafe executeParams = try unsafe find("PQexecParams")
        unsafe prepare = try unsafe find("PQprepare")
        unsafe executePrepared = try unsafe find("PQexecPrepared")
        unsafe sendPrepared = try unsafe find("PQsendQueryPrepared")
        unsafe sendParams = try unsafe find("PQsendQueryParams")
        unsafe beginPipeline = try unsafe find("PQenterPipelineMode")
        unsafe endPipeline = try unsafe find("PQexitPipelineMode")
        unsafe syncPipeline = try unsafe find("PQpipelineSync")
        unsafe putCopyData = try unsafe find("PQputCopyData")
        unsafe putCopyEnd = try unsafe find("PQputCopyEnd")
        unsafe setSingleRowMode = try unsafe find("PQsetSingleRowMode")
        unsafe nextResult = try unsafe find("PQgetResult")
        unsafe resultStatus = try unsafe find("PQresultStatus")
        unsafe errorField = try unsafe find("PQresultErrorField")
        unsafe affected = try unsafe find("PQcmdTuples")
        unsafe rowCount = try unsafe find("PQntuples")
        unsafe columnCount = try unsafe find("PQnfields")
        unsafe value = try unsafe find("PQgetvalue")
        unsafe length = try unsafe find("PQgetlength")
        unsafe isNull = try unsafe find("PQgetisnull")
        unsafe type = try unsafe find("PQftype")
        unsafe clear = try unsafe find("PQclear")
    }
}
