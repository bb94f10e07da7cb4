/// What a person pressed.
package enum Key: Equatable, Sendable {
    case character(Character)
    /// A letter with the control key.
    case control(Character)
    case enter, escape, backspace, tab, backTab
    case up, down, left, right, pageUp, pageDown, home, end
    /// Text that came at once. It is no command, whatever letters it has.
    case pasted(String)
}
