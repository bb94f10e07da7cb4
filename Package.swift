// swift-tools-version: 6.2
import PackageDescription

/// One target per boundary; ARCHITECTURE.md draws who may use whom, and `make lint` holds the sources to it.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For the targets that call C: every unsafe expression is marked where it stands.
let strictMemory = strict + [.strictMemorySafety()]

let package = Package(
    name: "jobd",
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strictMemory),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Spelling", swiftSettings: strict),
        .target(name: "JobModel", swiftSettings: strict),
        .target(
            name: "JobStore",
            dependencies: ["SQLite", "JSON", "JobModel"],
            resources: [.embedInCode("Migrations")],
            swiftSettings: strictMemory),
        .target(
            name: "Catalogue", dependencies: ["JSON", "Spelling"], resources: [.embedInCode("Schemas")],
            swiftSettings: strict),

        .target(name: "CommandLineTool", dependencies: ["Spelling"], swiftSettings: strictMemory),
        .target(
            name: "ControlCommands",
            dependencies: ["CommandLineTool", "Spelling", "JSON", "JobModel", "Catalogue", "JobStore"],
            swiftSettings: strictMemory),
        .executableTarget(name: "jobctl", dependencies: ["ControlCommands"], swiftSettings: strict),

        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "SpellingTests", dependencies: ["Spelling"], swiftSettings: strict),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "JSON"], swiftSettings: strict),
        .testTarget(
            name: "CommandLineToolTests", dependencies: ["CommandLineTool"], swiftSettings: strict),
        // Runs the programs themselves, which lie beside the bundle of the tests.
        .testTarget(name: "ScenarioTests", dependencies: ["SQLite", "JSON"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
