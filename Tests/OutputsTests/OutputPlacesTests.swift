internal import JobModel
import Testing

@testable import Outputs

@Suite struct OutputPlacesTests {
    @Test(
        arguments: [
            ("/data", "a/b.png", "/s/outputs/a/b.png", false),
            ("/data", "/data/a/b.png", "/data/a/b.png", false),
            ("/data", "/old/b.png", "/old/b.png", true),
            ("/data", "/database/b.png", "/database/b.png", true),
            ("/s/outputs/x", "x/b.png", "/s/outputs/x/b.png", false),
            ("/s/outputs", "/b.png/c", "/b.png/c", true),
        ])
    func `a recorded path has one meaning and is recorded in the same way again`(
        directory: String, recorded: String, absolute: String, isOutside: Bool
    ) {
        let places = OutputPlaces(own: "/s/outputs", current: directory)
        let file = places.file(recorded)
        #expect(file.absolutePath == absolute)
        #expect(file.isOutside == isOutside)
        #expect(places.recorded(file) == recorded)
    }

    @Test func `the names of a jobs files lead back to it`() {
        for id in [7, 123_456, 12_345_678] as [Int64] {
            let sidecar = JobFileName.sidecar(of: id)
            #expect(JobFileName.job(ofSidecar: sidecar) == id)
            let temporary = TemporaryName(id: id, position: 3)
            for name in [temporary.part, temporary.note, TemporaryName.of(sidecar: sidecar)] {
                #expect(TemporaryName.job(of: name) == id)
                #expect(JobFileName.job(ofSidecar: name) == nil)
            }
        }
        for name in ["00007.json", "000007.json5", "000007-1.json", ".part"] {
            #expect(JobFileName.job(ofSidecar: name) == nil)
        }
    }
}
