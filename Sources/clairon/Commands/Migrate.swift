import ArgumentParser
import Storage

struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the data folder up to this version's schema. `serve` does it by itself.")

    @OptionGroup var options: ConfigOptions

    func run() throws {
        let (config, _) = try options.load()
        let folder = try DataFolder(path: config.dataFolder)
        try DatabaseFile.migrate(path: folder.storePath, schema: .store)
        try DatabaseFile.migrate(path: folder.ledgerPath, schema: .ledger)
        print("\(config.dataFolder): up to date")
    }
}
