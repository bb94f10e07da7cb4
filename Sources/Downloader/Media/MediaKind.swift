/// What an output is to the person who asked for it.
package enum MediaKind: String, Sendable, CaseIterable {
    case image, video, audio, file
}
