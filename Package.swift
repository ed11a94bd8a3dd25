// swift-tools-version: 6.2
import PackageDescription

// The list of targets is the layer diagram of ARCHITECTURE.md: a target may import what its line
// names and nothing else (`--explicit-target-dependency-import-check error` in the Makefile).

let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

func layer(_ name: String, in folder: String? = nil, _ needs: [Target.Dependency] = [],
           resources: [Resource] = [], settings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: needs, path: "Sources/\(folder.map { $0 + "/" } ?? "")\(name)",
            resources: resources, swiftSettings: house + settings)
}

func tests(of name: String, _ needs: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: needs, exclude: exclude, resources: resources, swiftSettings: house)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let channels: [Target.Dependency] = ["APNs", "FCM", "WebPush", "Messenger", "SMS"]

let package = Package(
    name: "clairon",
    products: [.executable(name: "clairon", targets: ["clairon"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    ],
    targets: [
        // C headers that Swift cannot see by itself.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // The operating system and its libraries, with a Swift face.
        layer("Linux", ["CLinux"]),
        layer("OpenSSL", ["COpenSSL"]),
        layer("Curl", ["CCurl", "Linux"]),

        // Where a crash test ends the process; nothing in a release build.
        layer("Failpoints", ["Linux"], settings: [.define("FAILPOINTS", .when(configuration: .debug))]),

        // Serving.
        layer("HTTPWire"),
        layer("HTTPServer", ["HTTPWire", "Linux", "OpenSSL"]),

        // Nouns and rules, no I/O.
        layer("Core"),
        layer("Segmentation", ["Core"]),
        layer("Content", ["Core"]),
        layer("Campaigns", ["Core", "Segmentation", "Content"]),

        // Storing.
        layer("Storage", ["CSQLite", "Core", "Failpoints", "Segmentation", "Linux", grdb, sqlite, deque], resources: [.embedInCode("Migrations")]),

        // Delivering: adapters build requests and classify replies, the engine sends.
        layer("APNs", in: "Channels", ["Core", "Content", "OpenSSL"]),
        layer("FCM", in: "Channels", ["Core", "Content", "OpenSSL"]),
        layer("WebPush", in: "Channels", ["Core", "Content", "OpenSSL"]),
        layer("Messenger", in: "Channels", ["Core", "Content", "OpenSSL"]),
        layer("SMS", in: "Channels", ["Core", "Content", "OpenSSL"]),
        layer("DeliveryEngine", ["Core", "Segmentation", "Content", "Campaigns", "Storage", "Curl", "Failpoints", "Linux", deque]),

        // Telling others of what happened.
        layer("Webhooks", ["Core", "Curl", "Linux", "OpenSSL", "Storage"]),

        // The contract.
        layer("API", ["Core", "Segmentation", "Content", "Campaigns", "Storage", "Failpoints", "HTTPServer", "Linux", "OpenSSL", "Webhooks"]),

        // Provider simulators, and the program.
        layer("Sandbox", ["Core", "HTTPServer", "Linux", "OpenSSL"]),
        .executableTarget(
            name: "clairon",
            dependencies: [
                "API", "Campaigns", "Content", "Core", "Curl", "DeliveryEngine", "HTTPServer", "Linux", "OpenSSL", "Sandbox",
                "Segmentation", "Storage", "Webhooks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ] + channels,
            swiftSettings: house),

        // What takes bytes from strangers, as functions of bytes: for libFuzzer, and for the replay of its corpus.
        .target(name: "Fuzzing", dependencies: ["Campaigns", "Content", "Core", "HTTPWire", "OpenSSL", "Segmentation"] + channels,
                path: "Tests/Fuzzing", swiftSettings: house),
        tests(of: "Fuzzing", ["Fuzzing"], exclude: ["Corpus"]),

        // Beside JSONDecoder, for `make bench-json`.
        .executableTarget(name: "registration-parse", dependencies: ["Core"], path: "Benchmarks/registration-parse", swiftSettings: house),
        // Transport and web push encryption by themselves, for `make bench-delivery`.
        .executableTarget(name: "delivery-parts", dependencies: ["Core", "Curl", "Linux", "WebPush"], path: "Benchmarks/delivery-parts", swiftSettings: house),

        tests(of: "Core", ["Core"]),
        tests(of: "OpenSSL", ["OpenSSL"]),
        tests(of: "Linux", ["Linux"]),
        tests(of: "Curl", ["Curl", "Core", "Linux"]),
        tests(of: "HTTPWire", ["HTTPWire"]),
        tests(of: "HTTPServer", ["HTTPServer", "HTTPWire", "Linux", "OpenSSL"], exclude: ["Judges"], resources: [.copy("Hostile")]),
        tests(of: "Segmentation", ["Segmentation", "Core", "Storage", grdb]),
        tests(of: "Content", ["Content", "Core"]),
        tests(of: "Campaigns", ["Campaigns", "Content", "Core", "Segmentation"]),
        tests(of: "Storage", ["Storage", "Core", "Linux", "Segmentation", grdb]),
        tests(of: "Channels", ["Core", "Content", "OpenSSL"] + channels, exclude: ["Judges"]),
        tests(of: "DeliveryEngine", ["DeliveryEngine", "Core", "Curl", "HTTPServer", "Storage", "Linux"] + channels),
        tests(of: "Webhooks", ["Webhooks", "Core", "Curl", "HTTPServer", "Linux", "OpenSSL", "Storage", grdb], exclude: ["Judges"]),
        tests(of: "API", ["API", "Core", "HTTPServer", "Linux", "OpenSSL", "Segmentation", "Storage", "Webhooks"] + channels),
        tests(of: "Sandbox", ["Sandbox", "Core", "HTTPServer", "Linux", "OpenSSL"] + channels),
        tests(of: "System", ["clairon", "Core", "HTTPServer", "Linux", "Sandbox", grdb]),
    ]
)
