-- Gather: how customers stand on a question, as keys that `hub/reading.py` reads. One customer and a million: same words.
--
-- A key has two halves. part = standing << 32 | holding. key = saying << 24 | bits, where bits say how the row's instants
-- compare with those of the question: 1 no contact for the house period, 2 past retention, 4 a prospect past it, then three
-- bits: how many of the instants that the timed words turn on have passed, three bits: how many make a consent to calls
-- old, six bits: collection days before the arrangement began, two bits for each register's check. PostgreSQL gives
-- | & << >> one precedence: everything is in parentheses. Both halves together are all that facts depend on.
--
-- {rows}: customer_state, or the versions of an instant. {mark}: the purpose's bit in `about`. {last}: where in `said` the
-- words about the purpose, whose codes go up to {upto}, would end.
-- {at} {purpose} {quiet} {retention} {prospects} {calls} {starts} {washes}: columns of the question, or parameters.
-- Cases are told apart by what is cheap and common first: a crowd evaluates this a million times.

-- name: key
(s.standing_id::bigint << 32) | s.holding_id AS part,
CASE WHEN (s.about & ({mark} | 1)) = 0 THEN 0
     ELSE coalesce(
         CASE WHEN (s.about & {mark}) = 0 THEN NULL
              ELSE (nullif(greatest({word} - ({purpose} << 32), 0), 0) << 24)
                 | CASE WHEN (s.timed & {mark}) = 0 THEN 0 ELSE {lapsed} END END,
         CASE WHEN (s.about & 1) = 0 THEN 0
              ELSE ((s.said_1 & 4294967295) << 24) | CASE WHEN (s.timed & 1) = 0 THEN 0 ELSE {lapsed_for_all} END END) END
    | CASE WHEN s.contact_at < {quiet} THEN 1 ELSE 0 END
    | CASE WHEN s.kept_from < greatest({retention}, {prospects})
           THEN CASE WHEN s.kept_from < {retention} THEN 2 ELSE 0 END | CASE WHEN s.kept_from < {prospects} THEN 4 ELSE 0 END
           ELSE 0 END
    | CASE WHEN {starts} IS NULL THEN 0
           WHEN s.day_4 < {starts} THEN least(4 + coalesce(width_bucket({starts} - 1, s.days), 0), 63) << 9
           WHEN s.day_3 < {starts} THEN 3 << 9 WHEN s.day_2 < {starts} THEN 2 << 9 WHEN s.day_1 < {starts} THEN 1 << 9
           ELSE 0 END
    | CASE WHEN {washes} IS NULL OR s.checked_at IS NULL THEN 0
           ELSE CASE WHEN s.checked_at < ({washes})[1] THEN 0 ELSE width_bucket(s.checked_at, {washes}) << 15 END
              | CASE WHEN s.checks IS NULL THEN 0
                     ELSE (width_bucket(s.checks[1], {washes}) << 17)
                        | (coalesce(width_bucket(s.checks[2], {washes}), 0) << 19)
                        | (coalesce(width_bucket(s.checks[3], {washes}), 0) << 21) END END AS key

-- name: word  (what was said about the purpose; of something else, or nothing, where it is silent)
CASE WHEN s.said_1 >= ({purpose} << 32) AND s.said_1 <= {upto} THEN s.said_1
     WHEN s.said_2 >= ({purpose} << 32) AND s.said_2 <= {upto} THEN s.said_2
     WHEN s.said_3 >= ({purpose} << 32) AND s.said_3 <= {upto} THEN s.said_3
     WHEN s.said_4 >= ({purpose} << 32) AND s.said_4 <= {upto} THEN s.said_4
     ELSE s.said[{last}] END

-- name: fence  (nothing, but by a volatile function: what is beside it is found once, not wherever it is used)
CASE WHEN s.joint AND clock_timestamp() IS NULL THEN true END AS fence

-- name: lapsed  (of the words that end at {position} of `said`, about {number})
CASE WHEN s.lapses[{position}] IS NULL THEN 0
     WHEN s.said[{position} - 1] >> 32 = {number} THEN coalesce(
         (width_bucket({at}, s.lapses[width_bucket(({number}::bigint << 32) - 1, s.said) + 1:{position}]) << 3)
         | (width_bucket({calls} - interval '1 microsecond',
                         s.lapses[width_bucket(({number}::bigint << 32) - 1, s.said) + 1:{position}]) << 6), 0)
     WHEN s.lapses[{position}] > {at} THEN 0
     WHEN s.lapses[{position}] < {calls} THEN 72 ELSE 8 END

-- name: now
customer_state

-- name: then
(SELECT c.* FROM customer_state c WHERE c.valid_from <= {at}
 UNION ALL
 SELECT p.organisation_id, p.customer_id, p.valid_from, p.about, p.timed, p.contact_at, p.standing_id, p.holding_id, p.joint,
     p.day_1, p.day_2, p.day_3, p.day_4, p.kept_from, p.checked_at, p.said_1, p.said_2, p.said_3, p.said_4, p.said, p.lapses,
     p.days, p.checks
 FROM customer_past p WHERE p.valid_to > {at} AND p.valid_from <= {at})

-- name: each
-- One row per question and record of its customer's family; one row of nulls for nobody. What an answer cites comes as
-- lines of text, which cost a fifth of arrays: collections, the one that counts first (id, microseconds, categories), and
-- deliveries, the first one first (version, id, microseconds, locale, how). The order is that of intakes_at and told_at.
-- $1 organisation  $2 instant (NULL: now)  then arrays, one element a question: $3 customer  $4 purpose number  $5 quiet
-- $6 retention  $7 prospects  $8 calls  $9 starts  $10 washes (an array, as text)
SELECT q.position, clock.number AS clock, moment.at, s.customer_id AS record_id, s.part, s.key, sealing.wrapped,
    (SELECT string_agg(c.line, ';') FROM (
        SELECT c.id || ' ' || (extract(epoch FROM c.happened_at) * 1000000)::bigint || ' ' || c.categories::text AS line
        FROM collection c
        WHERE c.customer_id = s.customer_id AND c.organisation_id = $1 AND c.happened_at <= moment.at
          AND (c.import_id IS NULL
               OR NOT EXISTS (SELECT FROM import_batch b WHERE b.id = c.import_id AND b.reversed_at IS NOT NULL))
        ORDER BY c.happened_at DESC, c.notice_version_id NULLS FIRST,
                 array_position(ARRAY['THIRD_PARTY', 'PUBLIC', 'CUSTOMER'], c.source), c.optout_offered, c.id
    ) c) AS collections,
    (SELECT string_agg(d.line, ';') FROM (
        SELECT d.notice_version_id || ' ' || d.id || ' ' || (extract(epoch FROM d.happened_at) * 1000000)::bigint || ' '
            || d.locale || ' ' || d.how AS line
        FROM delivery d
        WHERE d.customer_id = s.customer_id AND d.organisation_id = $1 AND d.happened_at <= moment.at
          AND (d.import_id IS NULL
               OR NOT EXISTS (SELECT FROM import_batch b WHERE b.id = d.import_id AND b.reversed_at IS NOT NULL))
        ORDER BY d.happened_at, d.id
    ) d) AS deliveries
FROM (SELECT coalesce($2::timestamptz, now()) AS at) moment
CROSS JOIN catalogue_clock clock
CROSS JOIN unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[],
                  $9::date[], $10::text[]) WITH ORDINALITY
    AS q (customer_id, purpose, quiet, retention, prospects, calls, starts, washes, position)
LEFT JOIN LATERAL (
    SELECT s.customer_id, {key}
    FROM {rows} own
    CROSS JOIN LATERAL (
        SELECT own.* WHERE NOT own.joint
        UNION ALL
        SELECT kin.* FROM customer c CROSS JOIN LATERAL (
            SELECT coalesce(c.survivor_id, c.id) AS id
            UNION ALL SELECT m.id FROM customer m WHERE m.survivor_id = coalesce(c.survivor_id, c.id)
        ) m JOIN {rows} kin ON kin.customer_id = m.id AND kin.organisation_id = $1
        WHERE own.joint AND c.id = own.customer_id
    ) s
    WHERE own.customer_id = q.customer_id AND own.organisation_id = $1
) s ON true
LEFT JOIN keys.customer_key sealing ON sealing.customer_id = s.customer_id
ORDER BY q.position, s.customer_id

-- name: crowd
-- How many stand on a question alike; families of merged records are left out. {fence}: the planner then takes what it
-- groups by for something unknown, of few values, and has each process count before they meet; it would guess 300,000 groups.
-- $1 organisation  $2 instant  $3 purpose number  $4 quiet  $5 retention  $6 prospects  $7 calls  $8 starts  $9 washes
-- One row of arrays, which is made and read at a fraction of the cost of thousands of rows.
SELECT array_agg(part) AS parts, array_agg(key) AS keys, array_agg(customers) AS sizes FROM (
    SELECT part, key, count(*) AS customers
    FROM (SELECT {key}, {fence} FROM {rows} s WHERE s.organisation_id = $1 AND NOT s.joint) k
    GROUP BY part, key) c

-- name: members
-- A page of those whose keys are among these, in the order of their ids; $10 parts, $11 keys, $12 after, $13 how many. The
-- order inside and IS TRUE make it go along the index and look each up in turn, so that it ends when the page is full.
SELECT k.customer_id FROM (
    SELECT s.customer_id, {key} FROM (
        SELECT * FROM {rows} c
        WHERE c.organisation_id = $1 AND NOT c.joint AND c.customer_id > coalesce($12::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY c.customer_id) s
) k
WHERE ((k.part, k.key) IN (SELECT w.part, w.key FROM unnest($10::bigint[], $11::bigint[]) AS w (part, key))) IS TRUE
ORDER BY k.customer_id LIMIT $13

-- name: families
-- The families of merged records that stand alike: how each of their records stands, in the order of their ids, and their
-- survivors (at an instant at which they were not known yet the first who was).
SELECT f.parts, f.keys, array_agg(f.id) AS ids FROM (
    SELECT (array_agg(k.customer_id ORDER BY k.survivor_id IS NOT NULL, k.customer_id))[1] AS id,
        array_agg(k.part ORDER BY k.customer_id) AS parts, array_agg(k.key ORDER BY k.customer_id) AS keys
    FROM (SELECT s.customer_id, m.survivor_id, {key}
        FROM {rows} s LEFT JOIN customer m ON m.id = s.customer_id AND m.survivor_id IS NOT NULL
        WHERE s.organisation_id = $1 AND s.joint) k
    GROUP BY coalesce(k.survivor_id, k.customer_id)) f
GROUP BY f.parts, f.keys
