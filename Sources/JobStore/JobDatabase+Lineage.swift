internal import JSON
internal import SQL

/// A job that was made from others, or waits for them.
package struct Descendant: Equatable, Sendable {
    /// Why no job like it is to be made.
    package enum Obstacle: Int64, Sendable {
        /// A person has cancelled it. (A job that was cancelled together with its source has no obstacle.)
        case cancelled = 1
        /// Its row or its input was pruned.
        case pruned = 2
    }

    package let id: Int64
    package let obstacle: Obstacle?
    /// What its references name.
    package var sources: [Source]

    package struct Source: Equatable, Sendable {
        package let id: Int64
        /// Whether no other job can be made from it any more.
        package let isLost: Bool

        package init(_ id: Int64, isLost: Bool = false) { (self.id, self.isLost) = (id, isLost) }
    }

    package init(_ id: Int64, from sources: [Source], obstacle: Obstacle? = nil) {
        (self.id, self.sources, self.obstacle) = (id, sources, obstacle)
    }
}

extension JobDatabase {
    /// Everything that has references to `ids`, directly or not, oldest first. The links of pruned jobs
    /// count. (CROSS JOIN keeps SQLite from reading all links.)
    package func descendants(of ids: [Int64]) throws -> [Descendant] {
        let links = try all(
            """
            WITH RECURSIVE made (id) AS (
                SELECT l.job_id FROM json_each(?1) AS named
                    JOIN links AS l INDEXED BY links_lineage ON l.source_id = CAST(named.value AS BIGINT)
                UNION
                SELECT l.job_id FROM made JOIN links AS l INDEXED BY links_lineage ON l.source_id = made.id
            )
            SELECT l.job_id, l.source_id,
                CASE WHEN s.id IS NULL OR s.state IN ('failed', 'cancelled') OR (s.state = 'completed'
                    AND l.output NOT IN ('all', 'pick') AND NOT EXISTS (
                        SELECT 1 FROM outputs
                        WHERE job_id = l.source_id AND CAST(position AS TEXT) = l.output))
                THEN 1 ELSE 0 END,
                CASE
                    WHEN j.id IS NULL OR j.input_removed_at IS NOT NULL THEN 2
                    WHEN j.state = 'cancelled' AND coalesce((
                        SELECT json_extract(detail, '$.message') IS NULL FROM events
                        WHERE job_id = j.id AND kind = 'cancel_requested'
                        ORDER BY id DESC LIMIT 1), TRUE) THEN 1
                    END
            FROM made CROSS JOIN links AS l
                LEFT JOIN jobs AS j ON j.id = made.id LEFT JOIN jobs AS s ON s.id = l.source_id
            WHERE l.job_id = made.id
            ORDER BY l.job_id, l.source_id
            """, JSON.array(ids.map { .integer($0) }).text
        ) { row in
            Descendant(
                row.integer(0), from: [.init(row.integer(1), isLost: row.integer(2) == 1)],
                obstacle: row.optionalInteger(3).flatMap(Descendant.Obstacle.init))
        }
        return links.reduce(into: []) { jobs, link in
            guard jobs.last?.id == link.id else { return jobs.append(link) }
            jobs[jobs.count - 1].sources += link.sources
        }
    }
}
