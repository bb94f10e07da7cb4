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
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CFile"),

        .target(name: "HTTP", dependencies: ["CCrypto", "CCurl"], swiftSettings: strictMemory),
        .target(name: "JSON", swiftSettings: strict),
        .target(
            name: "Downloader", dependencies: ["CFile", "HTTP", "JSON"], swiftSettings: strictMemory),
        .target(name: "Provider", dependencies: ["HTTP", "JSON"], swiftSettings: strict),

        .target(
            name: "ScriptedServer", dependencies: ["HTTP"], path: "Tests/ScriptedServer",
            swiftSettings: strict),

        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "ScriptedServer"], swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(
            name: "DownloaderTests", dependencies: ["Downloader", "HTTP", "ScriptedServer"],
            swiftSettings: strictMemory),
        .testTarget(
            name: "ProviderTests", dependencies: ["HTTP", "JSON", "Provider", "ScriptedServer"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
