// swift-tools-version: 6.2
import PackageDescription

// A neighbour to compare with: Hummingbird on SwiftNIO. A package of its own, so that nothing of it comes near the product.

let package = Package(
    name: "hello",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    ],
    targets: [
        .executableTarget(name: "hello", dependencies: [.product(name: "Hummingbird", package: "hummingbird")]),
    ]
)
