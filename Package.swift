// swift-tools-version: 6.2
import PackageDescription

/// One target per boundary; ARCHITECTURE.md draws who may use whom, and `make lint` holds the sources to it.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // An async function stays on the actor that calls it: a task that leaves its actor has to queue for it again.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For the targets that call C: every unsafe expression is marked where it stands.
let strictMemory = strict + [.strictMemorySafety()]

let package = Package(
    name: "jobd",
    products: [
        // Loaded before the C library by the tests that crash and cut; not installed.
        .library(name: "FaultLayer", type: .dynamic, targets: ["FaultLayer"])
    ],
    targets: [
        // C libraries of Debian.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CPictures", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev", "libpng-dev", "libwebp-dev"])]),

        // Values and rules, without any effect.
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Spelling", swiftSettings: strict),
        .target(name: "Calendar", swiftSettings: strictMemory),
        .target(name: "JobModel", dependencies: ["Calendar", "JSON"], swiftSettings: strict),
        .target(
            name: "Catalogue", dependencies: ["JSON", "JobModel", "Spelling"],
            resources: [.embedInCode("Schemas")],
            swiftSettings: strict),
        .target(
            name: "Configuration", dependencies: ["Calendar", "Catalogue", "JSON", "JobModel", "Spelling"],
            swiftSettings: strict),
        .target(
            name: "Policy", dependencies: ["Catalogue", "Configuration", "JSON", "JobModel"],
            swiftSettings: strict),

        // One boundary each.
        .target(name: "System", dependencies: ["CCrypto", "CLinux"], swiftSettings: strictMemory),
        .target(name: "SQL", dependencies: ["CSQLite"], swiftSettings: strictMemory),
        .target(
            name: "JobStore", dependencies: ["Calendar", "SQL", "JSON", "JobModel", "System"],
            resources: [.embedInCode("Migrations")], swiftSettings: strictMemory),
        .target(
            name: "HTTP", dependencies: ["CCurl", "CZlib", "System"], swiftSettings: strictMemory),
        .target(
            name: "Provider", dependencies: ["Calendar", "JobModel", "HTTP", "JSON", "System"],
            swiftSettings: strictMemory),
        .target(
            name: "Outputs", dependencies: ["Calendar", "JobModel", "System"], swiftSettings: strictMemory),
        .target(
            name: "Descriptions", dependencies: ["Calendar", "Catalogue", "JSON", "JobModel"],
            swiftSettings: strict),
        .target(
            name: "Downloader",
            dependencies: ["Calendar", "HTTP", "JSON", "JobModel", "Media", "Outputs", "System"],
            swiftSettings: strictMemory),
        .target(name: "Media", dependencies: ["JobModel", "System"], swiftSettings: strictMemory),
        .target(
            name: "Inputs",
            dependencies: ["Catalogue", "JobModel", "JobStore", "Media", "Outputs", "System"],
            swiftSettings: strictMemory),
        .target(
            name: "ObjectStorage", dependencies: ["Calendar", "HTTP", "JobModel", "System"],
            swiftSettings: strictMemory),
        .target(name: "Thumbnails", dependencies: ["CPictures"], swiftSettings: strictMemory),
        .target(
            name: "CommandLineTool", dependencies: ["Calendar", "Spelling", "System"],
            swiftSettings: strictMemory),

        .target(
            name: "Startup",
            dependencies: [
                "CLinux", "CommandLineTool", "Configuration", "JSON", "JobStore", "Outputs", "System",
            ],
            swiftSettings: strictMemory),
        .target(
            name: "Care",
            dependencies: ["Catalogue", "Descriptions", "JobModel", "JobStore", "Outputs", "System"],
            swiftSettings: strictMemory),

        .target(
            name: "Gallery", dependencies: ["JSON", "JobModel", "System"], resources: [.embedInCode("Page")],
            swiftSettings: strictMemory),

        .target(
            name: "Orders",
            dependencies: [
                "Catalogue", "CommandLineTool", "Inputs", "JSON", "JobModel", "JobStore", "Media", "Spelling",
                "System",
            ],
            swiftSettings: strictMemory),

        // What the programs do.
        .target(
            name: "Worker",
            dependencies: [
                "Calendar",
                "Catalogue", "Configuration", "Descriptions", "Downloader", "HTTP", "Inputs", "JSON",
                "JobModel", "JobStore", "Media", "ObjectStorage", "Outputs", "Policy", "Provider", "System",
            ],
            swiftSettings: strictMemory),
        .target(
            name: "Daemon",
            dependencies: [
                "CLinux", "Calendar", "Care", "Catalogue", "CommandLineTool", "Configuration", "Downloader",
                "HTTP", "Inputs", "JSON", "JobModel", "JobStore", "Media", "ObjectStorage", "Outputs",
                "Policy", "Provider", "Startup",
                "System", "Worker",
            ],
            swiftSettings: strictMemory),
        .target(
            name: "ControlCommands",
            dependencies: [
                "CLinux", "Care", "Catalogue", "CommandLineTool", "Configuration", "Descriptions",
                "Gallery", "Inputs", "JSON", "JobModel", "JobStore", "Orders", "Outputs", "Policy",
                "Spelling", "Startup", "System",
            ],
            swiftSettings: strictMemory),
        .target(
            name: "ProviderSimulator",
            dependencies: [
                "CMicroHTTPD", "CZlib", "Calendar", "Catalogue", "CommandLineTool", "HTTP", "JSON", "System",
            ],
            resources: [.embedInCode("Fixtures")], swiftSettings: strictMemory),

        .executableTarget(name: "jobd", dependencies: ["Daemon"], swiftSettings: strict),
        .executableTarget(name: "jobctl", dependencies: ["ControlCommands"], swiftSettings: strict),
        .executableTarget(name: "jobsim", dependencies: ["ProviderSimulator"], swiftSettings: strict),
        .executableTarget(name: "jobthumb", dependencies: ["Thumbnails"], swiftSettings: strict),

        // Measures the store for bench/store.sh; not installed.
        .executableTarget(
            name: "storebench", dependencies: ["JobModel", "JobStore"], swiftSettings: strict),

        // What the tests share, then the tests themselves.
        .target(name: "FaultLayer", path: "Tests/FaultLayer", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "Scratch", dependencies: ["HTTP", "JSON", "SQL", "System"], path: "Tests/Scratch",
            swiftSettings: strict),
        .target(
            name: "ScriptedServer", dependencies: ["HTTP", "System"], path: "Tests/ScriptedServer",
            swiftSettings: strict),
        .target(
            name: "Parsers",
            dependencies: [
                "Calendar", "Catalogue", "CommandLineTool", "Configuration", "Downloader", "HTTP", "JSON",
                "JobModel", "Media", "ObjectStorage", "Outputs", "Provider", "System",
            ], path: "Tests/Parsers", swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["Parsers", "Scratch"], swiftSettings: strict),
        .testTarget(name: "CalendarTests", dependencies: ["Calendar"], swiftSettings: strict),
        .testTarget(name: "JobModelTests", dependencies: ["JSON", "JobModel"], swiftSettings: strict),
        .testTarget(
            name: "PolicyTests",
            dependencies: ["Catalogue", "Configuration", "JSON", "JobModel", "Policy", "Scratch"],
            swiftSettings: strict),
        .testTarget(name: "SQLTests", dependencies: ["SQL", "Scratch"], swiftSettings: strict),
        .testTarget(
            name: "JobStoreTests",
            dependencies: ["JobStore", "JobModel", "SQL", "JSON", "Scratch", "System"],
            swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "SpellingTests", dependencies: ["Spelling"], swiftSettings: strict),
        .testTarget(
            name: "CatalogueTests", dependencies: ["Catalogue", "JSON", "Scratch"], swiftSettings: strict),
        .testTarget(
            name: "OrdersTests",
            dependencies: ["Catalogue", "CommandLineTool", "JSON", "JobModel", "JobStore", "Orders"],
            swiftSettings: strict),
        .testTarget(
            name: "GalleryTests", dependencies: ["Gallery", "JSON", "JobModel", "System"],
            swiftSettings: strict),
        .testTarget(
            name: "DescriptionsTests", dependencies: ["Descriptions", "JSON", "JobModel", "Scratch"],
            swiftSettings: strict),
        .testTarget(name: "SystemTests", dependencies: ["System"], swiftSettings: strict),
        .testTarget(
            name: "HTTPTests", dependencies: ["HTTP", "Scratch", "ScriptedServer", "System"],
            swiftSettings: strict),
        .testTarget(
            name: "ProviderTests",
            dependencies: ["JobModel", "HTTP", "JSON", "Provider", "Scratch", "ScriptedServer", "System"],
            swiftSettings: strict),
        .testTarget(
            name: "DownloaderTests",
            dependencies: [
                "Calendar", "Downloader", "HTTP", "JobModel", "Media", "Outputs", "Scratch", "ScriptedServer",
                "System",
            ],
            swiftSettings: strictMemory),
        .testTarget(
            name: "ObjectStorageTests",
            dependencies: [
                "Calendar", "HTTP", "JobModel", "ObjectStorage", "Scratch", "ScriptedServer", "System",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OutputsTests", dependencies: ["Calendar", "JobModel", "Outputs"],
            swiftSettings: strictMemory),
        .testTarget(
            name: "CareTests",
            dependencies: [
                "Care", "Inputs", "JobModel", "JobStore", "Outputs", "SQL", "Scratch", "System",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandLineToolTests", dependencies: ["CommandLineTool"], swiftSettings: strict),
        .testTarget(
            name: "ControlCommandsTests",
            dependencies: ["CommandLineTool", "ControlCommands", "JobModel", "JobStore", "Scratch"],
            swiftSettings: strict),
        .testTarget(
            name: "ProviderSimulatorTests", dependencies: ["JSON", "ProviderSimulator", "Scratch", "jobsim"],
            swiftSettings: strictMemory),
        // Runs the programs themselves, which lie beside the bundle of the tests.
        .testTarget(
            name: "ScenarioTests",
            dependencies: [
                "JSON", "SQL", "Scratch", "ScriptedServer", "jobctl", "jobd", "jobsim", "jobthumb",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "JSON", "Scratch"],
            swiftSettings: strict),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "Configuration", "ControlCommands", "Downloader", "HTTP", "Inputs", "JobModel", "JobStore",
                "ObjectStorage", "Outputs", "Policy", "Provider", "SQL", "Scratch", "ScriptedServer",
                "System",
                "Worker",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DaemonScenarioTests",
            dependencies: [
                "HTTP", "JSON", "JobModel", "JobStore", "SQL", "Scratch", "ScriptedServer", "System",
                "jobctl", "jobd", "jobsim",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TortureTests",
            dependencies: [
                "HTTP", "JSON", "SQL", "Scratch", "ScriptedServer", "System", "jobctl", "jobd", "jobsim",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer has to be asked for: `make fuzz` does.
if Context.environment["JOBD_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["Parsers"], path: "fuzz", exclude: ["corpus"], swiftSettings: strict)
    )
}
