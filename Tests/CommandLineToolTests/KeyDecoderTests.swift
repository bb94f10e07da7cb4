import CommandLineTool
import Testing

@Suite struct KeyDecoderTests {
    private static let keys: [(String, Key)] = [
        ("a", .character("a")), ("ü", .character("ü")), ("猫", .character("猫")), ("👍", .character("👍")),
        ("\r", .enter), ("\n", .enter), ("\t", .tab), ("\u{7F}", .backspace), ("\u{8}", .backspace),
        ("\u{6}", .control("f")), ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[1;5B", .down),
        ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .home), ("\u{1B}[1~", .home),
        ("\u{1B}[4~", .end), ("\u{1B}OF", .end), ("\u{1B}[Z", .backTab), ("\u{1B}OM", .enter),
        ("\u{1B}[200~cq\u{1B}[A\u{1B}[201~", .pasted("cq\u{1B}[A")),
    ]

    @Test func `each key is one, alone or cut anywhere`() {
        for (text, key) in Self.keys {
            let bytes = Array(text.utf8)
            var whole = KeyDecoder()
            #expect(whole.take(bytes) == [key])
            #expect(!whole.isWaiting)
            var cut = KeyDecoder()
            let pieces = bytes.flatMap { cut.take([$0]) }
            #expect(pieces == [key])
        }
    }

    @Test func `all of them in one read stay apart`() {
        var decoder = KeyDecoder()
        #expect(decoder.take(Self.keys.flatMap { Array($0.0.utf8) }) == Self.keys.map(\.1))
    }

    @Test func `an Esc alone is known when nothing more comes`() {
        var decoder = KeyDecoder()
        #expect(decoder.take([0x1B]) == [])
        #expect(decoder.isWaiting)
        #expect(decoder.flush() == [.escape])
        #expect(decoder.take([0x1B, 0x1B]) == [.escape])
        #expect(decoder.flush() == [.escape])
    }

    @Test func `what means nothing does nothing`() {
        var decoder = KeyDecoder()
        // Alt with a letter, function keys, a mouse, broken UTF-8.
        for text in ["\u{1B}c", "\u{1B}[15~", "\u{1B}[[A", "\u{1B}[<0;1;1M"] {
            #expect(decoder.take(Array(text.utf8)) == [], "\(text.debugDescription)")
        }
        #expect(decoder.take([0xC3, 0x28, 0xFF, 0xE7]) == [.character("(")])
        #expect(decoder.flush() == [])
        #expect(!decoder.isWaiting)
    }

    @Test func `what never ends is forgotten`() {
        var decoder = KeyDecoder()
        _ = decoder.take(Array("\u{1B}[".utf8) + Array(repeating: UInt8(ascii: "1"), count: 100))
        #expect(decoder.take(Array("a".utf8)) == [.character("a")])
        _ = decoder.take(Array("\u{1B}[200~".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1 << 17))
        #expect(decoder.take(Array("a".utf8)) == [.character("a")])
    }
}
