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
        .target(name: "JobModel", swiftSettings: strict),
        .target(
            name: "JobStore",
            dependencies: ["SQLite", "JSON", "JobModel"],
            resources: [.embedInCode("Migrations")],
            swiftSettings: strictMemory),
        .target(
            name: "Catalogue", dependencies: ["JSON"], resources: [.embedInCode("Schemas")],
            swiftSettings: strict),

        // Measures the store for bench/store.sh; not installed.
        .executableTarget(
            name: "storebench", dependencies: ["JobStore", "JobModel"], swiftSettings: strict),

        .target(name: "Scratch", path: "Tests/Scratch", swiftSettings: strict),
        .testTarget(name: "JobModelTests", dependencies: ["JobModel"], swiftSettings: strict),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "Scratch"], swiftSettings: strict),
        .testTarget(
            name: "JobStoreTests", dependencies: ["JobStore", "JobModel", "SQLite", "JSON", "Scratch"],
            swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "JSON"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
