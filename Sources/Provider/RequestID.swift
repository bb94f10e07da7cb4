/// The ids that the service gives to requests.
package enum RequestID {
    /// Whether an id may be put into a path. Anything else could lead the token somewhere else.
    package static func isUsable(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                ModelPath.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }
}
