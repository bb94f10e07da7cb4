/// Where a download's body goes. Called on the transfer thread, one call at a time, and never again once
/// `download` has returned.
package protocol HTTPSink: AnyObject, Sendable {
    /// Called once, when the final answer's headers are complete. False ends the transfer.
    func begin(_ head: HTTPResponse) -> Bool

    /// Takes some bytes of the body. False ends the transfer.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool
}
