import Testing

@testable import HTTP

@Suite struct PublicAddressTests {
    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1",
        "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.0.1", "198.17.0.1", "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "2001:200::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
    ])
    func `addresses on the internet are allowed`(_ text: String) throws {
        #expect(PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
    }

    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.8",
        "192.0.2.1", "192.88.99.1", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1",
        "64:ff9b:1::1.1.1.1", "::1.1.1.1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "2001::1",
        "2001:db8::1", "2002:0a00:0001::1", "2002:101:101::", "3fff::1", "4000::1", "100::1",
    ])
    func `private and special addresses are refused`(_ text: String) throws {
        #expect(!PublicAddress.isPublic(try #require(PublicAddress.bytes(of: text))))
    }

    @Test func `what is no address is refused`() {
        #expect(!PublicAddress.isPublic([]))
        #expect(!PublicAddress.isPublic([1, 1, 1]))
        #expect(PublicAddress.bytes(of: "localhost") == nil)
        #expect(PublicAddress.bytes(of: "127.1") == nil)
    }
}
