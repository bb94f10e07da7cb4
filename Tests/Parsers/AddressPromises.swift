internal import Catalogue
internal import Downloader
internal import HTTP

/// The first line is an address, the second a reference seen from it, the third a `Content-Range`.
enum AddressPromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        _ = lines.first.map(FileURL.fault)
        _ = lines.first.map(PublicAddress.bytes)
        if lines.count > 2, let range = ContentRange(lines[2]), let start = range.start, let end = range.end,
            start > end || start < 0 || end >= range.total ?? .max
        {
            return "the range \(lines[2])"
        }
        guard let address = lines.first.flatMap(WebAddress.init) else { return nil }
        let found = [address] + (lines.count > 1 ? [address.resolving(lines[1])].compactMap { $0 } : [])
        for address in found {
            // What is asked is what was checked: no reader may see another host in it.
            guard WebAddress(address.text) == address else { return "\(address.text) is not read again" }
            if address.host.isEmpty || address.host.utf8.contains(where: { "/\\@?#% ".utf8.contains($0) }) {
                return "the host \(address.host.debugDescription)"
            }
            if address.text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { return "not plain" }
        }
        return nil
    }
}
