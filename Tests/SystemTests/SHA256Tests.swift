import Testing

@testable import System

@Suite struct SHA256Tests {
    private func digest(_ parts: [String]) -> String {
        let digest = SHA256()
        for part in parts { Array(part.utf8).withUnsafeBytes { digest.update($0) } }
        return digest.hexadecimal()
    }

    @Test func `the standards own vectors hold`() {
        #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest(["abc"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            digest(["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"])
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func `the keyed hash is that of RFC 4231`() {
        #expect(
            SHA256.hexadecimal(SHA256.keyed(Array("Jefe".utf8), "what do ya want for nothing?"))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `how the bytes were cut makes no difference`() {
        #expect(digest(["a", "", "bc"]) == digest(["abc"]))
    }

    @Test func `asking in between changes nothing`() {
        let digest = SHA256()
        Array("ab".utf8).withUnsafeBytes { digest.update($0) }
        _ = digest.hexadecimal()
        Array("c".utf8).withUnsafeBytes { digest.update($0) }
        #expect(digest.hexadecimal() == self.digest(["abc"]))
        digest.reset()
        #expect(digest.hexadecimal() == self.digest([]))
    }
}
