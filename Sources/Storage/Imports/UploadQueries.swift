import Foundation
internal import GRDB
package import Core

extension StoreTransaction {
    /// - Parameter upload: with an id that no other has.
    package func start(upload: Upload) throws {
        // Returns nothing. Adds an upload that has nothing yet.
        try run("INSERT INTO upload (id, format, creates_profiles) VALUES (?, ?, ?)", [upload.id.rawValue, upload.format.rawValue, upload.createsProfiles])
    }

    /// - Parameter number: counts from 1.
    package func add(part number: Int64, _ bytes: [UInt8], to upload: UploadID) throws {
        // Returns nothing. Adds a part to an upload.
        try run("INSERT INTO upload_part (upload, number, bytes) VALUES (?, ?, ?)", [upload.rawValue, number, Data(bytes)])
    }

    /// The body is here as a whole: from now on its import has to be finished, whatever happens.
    ///
    /// - Throws: `StorageError.notFound` when a part is missing.
    package func complete(upload: UploadID, parts: Int64, as job: ImportID) throws {
        // Returns nothing. Gives an upload that has all its parts to its import.
        let changed = try run("""
            UPDATE upload SET import = ? WHERE id = ? AND import IS NULL AND (SELECT count(*) FROM upload_part WHERE upload = upload.id) = ?
            """, [job.rawValue, upload.rawValue, parts])
        guard changed == 1 else { throw StorageError.notFound }
    }

    /// The upload that came whole before all others, and its import.
    package func firstUpload() throws -> (upload: Upload, job: ImportJob)? {
        // Returns the first upload that an import has. Changes nothing.
        guard let row = try row("SELECT * FROM upload WHERE import IS NOT NULL ORDER BY import LIMIT 1"),
            let job = try importJob(ImportID(rawValue: row["import"])), let format = Upload.Format(rawValue: row["format"])
        else { return nil }
        return (Upload(id: UploadID(rawValue: row["id"]), format: format, createsProfiles: row["creates_profiles"]), job)
    }

    /// - Returns: nil after the last.
    package func part(_ number: Int64, of upload: UploadID) throws -> [UInt8]? {
        // Returns a part of an upload. Changes nothing.
        try row("SELECT bytes FROM upload_part WHERE upload = ? AND number = ?", [upload.rawValue, number]).map { Array($0["bytes"] as Data) }
    }

    /// Every upload that is there, its bytes, and whether it has come whole.
    package func uploads() throws -> [(id: UploadID, bytes: Int, isWhole: Bool)] {
        // Returns all uploads with their sizes. Changes nothing.
        try rows("""
            SELECT id, import IS NOT NULL AS is_whole, (SELECT coalesce(sum(length(bytes)), 0) FROM upload_part WHERE upload = upload.id) AS size
            FROM upload
            """).map { (UploadID(rawValue: $0["id"]), $0["size"], $0["is_whole"]) }
    }

    /// Deletes an upload piece by piece, so that no transaction is long.
    ///
    /// - Returns: whether that was the last of it.
    package func discardPiece(of upload: UploadID) throws -> Bool {
        // Returns nothing. Deletes the last parts of an upload.
        try run("""
            DELETE FROM upload_part WHERE upload = ?1 AND number > (SELECT max(number) FROM upload_part WHERE upload = ?1) - 8
            """, [upload.rawValue])
        // Returns nothing. Deletes an upload that has no parts.
        return try run("DELETE FROM upload WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM upload_part WHERE upload = ?1)", [upload.rawValue]) == 1
    }
}
