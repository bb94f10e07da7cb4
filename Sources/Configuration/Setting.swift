internal import JSON

/// One key of the configuration, declared once: its name, the property that holds its value and its default,
/// what it takes, and what it means.
package struct Setting<Root: Settable>: Sendable {
    package let key: String
    /// As it is written in the file; nil where there is none.
    package let defaultText: String?
    /// One line for people. The manual page reads it.
    package let meaning: String
    let set: @Sendable (inout Root, JSON) throws(SettingFault) -> Void

    init<Value>(
        _ key: String, _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ read: @escaping @Sendable (JSON) throws(SettingFault) -> Value, _ meaning: String
    ) {
        self.init(key, Settings.written(Root()[keyPath: property]), meaning) {
            (root, value) throws(SettingFault) in
            root[keyPath: property] = try read(value)
        }
    }

    init(
        _ key: String, _ defaultText: String?, _ meaning: String,
        set: @escaping @Sendable (inout Root, JSON) throws(SettingFault) -> Void
    ) {
        self.key = key
        self.defaultText = defaultText
        self.meaning = meaning
        self.set = set
    }
}

/// What the keys of a configuration set. As it is made, it holds their defaults.
package protocol Settable: Sendable {
    init()
}

/// What a key takes, where its value is something else.
struct SettingFault: Error {
    let expectation: String
}
