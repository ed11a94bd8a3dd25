import Glibc

extension Circle {
    /// Mean radius of the Earth (IUGG), taken as a sphere: at most 0.5 % off the true distance.
    private static let earthRadiusMeters = 6_371_008.8

    /// 0 or 1, never null: a box that the index on (latitude, longitude) serves, then the great circle.
    var sql: SQLFragment {
        let angle = radiusMeters / Circle.earthRadiusMeters
        guard angle < .pi else { return "p.latitude IS NOT NULL" }
        // The haversine of the distance against that of the radius: both grow alike, and no arc sine can leave its domain.
        let limit = pow(sin(angle / 2), 2)
        let cosine = cos(latitude * .pi / 180)
        let exact: SQLFragment = """
            pow(sin(radians(p.latitude - \(latitude)) / 2), 2) + \(cosine) * cos(radians(p.latitude)) \
            * pow(sin(radians(p.longitude - \(longitude)) / 2), 2) <= \(limit)
            """
        // Wider by a tenth of a metre than computed, so that rounding cannot cut off what the exact rule lets in.
        let height = angle * 180 / .pi + 1e-6
        let (south, north) = (latitude - height, latitude + height)
        var parts: [SQLFragment] = ["p.latitude IS NOT NULL", "p.latitude BETWEEN \(south) AND \(north)"]
        if let longitudes = longitudes(cosine: cosine, angle: angle, south: south, north: north) { parts.append(longitudes) }
        return .joined(parts + [exact], by: " AND ")
    }

    /// The range of longitudes, in two pieces across the antimeridian; nil when a pole is inside and every longitude may be.
    private func longitudes(cosine: Double, angle: Double, south: Double, north: Double) -> SQLFragment? {
        guard south > -90, north < 90 else { return nil }
        let width = asin(min(1, sin(angle) / cosine)) * 180 / .pi + 1e-6
        let (west, east) = (longitude - width, longitude + width)
        if west < -180, east > 180 { return nil }
        if west < -180 { return "(p.longitude >= \(west + 360) OR p.longitude <= \(east))" }
        if east > 180 { return "(p.longitude >= \(west) OR p.longitude <= \(east - 360))" }
        return "p.longitude BETWEEN \(west) AND \(east)"
    }
}
