internal import JSON

/// One key of the configuration, declared once: its name, the property that holds its value and its default,
/// the values that it takes, and what it means.
package struct Setting<Root: Settable>: Sendable {
    /// Sets the key in `root`. The name is for errors: in `models`, it is longer than the key.
    typealias Set = @Sendable (_ root: inout Root, JSON, _ name: String) throws(ConfigurationError) -> Void

    package let key: String
    /// As written in the file; nil if there is no default.
    package let defaultText: String?
    /// One line, which the manual page shows.
    package let meaning: String
    let set: Set
    /// The value as the file would have it; nil for none.
    let value: @Sendable (Root) -> JSON?
}

extension Setting {
    init<Value>(
        _ key: String, _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ read: @escaping @Sendable (JSON) throws(SettingFault) -> Value, _ meaning: String
    ) {
        let defaultText = Settings.written(Root()[keyPath: property])
        self.init(
            key: key, defaultText: defaultText, meaning: meaning,
            set: { (root, value, name) throws(ConfigurationError) in
                do throws(SettingFault) { root[keyPath: property] = try read(value) } catch {
                    let text = value.text
                    let excerpt = text.count > 60 ? text.prefix(60) + "…" : text
                    throw ConfigurationError("\(name) must be \(error.expectation), not \(excerpt)")
                }
            }, value: { Settings.json($0[keyPath: property]) })
    }
}

/// What settings set. `init` makes one with all defaults.
package protocol Settable: Sendable {
    init()
}

/// What a key takes, thrown if it is given something else.
struct SettingFault: Error {
    let expectation: String
}
