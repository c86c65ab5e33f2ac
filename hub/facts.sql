-- Gather: how customers stand on a question, as keys that `hub/reading.py` reads. One customer and a million: same words.
--
-- A key has two halves. part = standing << 32 | holding. key = saying << 24 | bits, where bits say how the row's instants
-- compare with those of the question: 1 no contact for the house period, 2 past retention, 4 a prospect past it, then three
-- bits: how many of the instants that the timed words turn on have passed, three bits: how many make a consent to calls
-- old, six bits: collection days before the arrangement began, two bits for each register's check. PostgreSQL gives
-- | & << >> one precedence: everything is in parentheses. Both halves together are all that facts depend on.
--
-- {rows}: customer_state, or the versions of an instant. {last}: where in `said` the words about the purpose would end.
-- {at} {purpose} {quiet} {retention} {prospects} {calls} {starts} {washes}: columns of the question, or parameters.
-- Cases are told apart by what is cheap and common first: a crowd evaluates this a million times.

-- name: key
(s.standing_id::bigint << 32) | s.holding_id AS part,
CASE WHEN s.said[{last}] >> 32 = {purpose} THEN ((s.said[{last}] & 4294967295) << 24) | {lapsed}
     WHEN s.said[1] >> 32 = 0 THEN ((s.said[1] & 4294967295) << 24) | {lapsed_for_all} ELSE 0 END
    | CASE WHEN s.contact_at < {quiet} THEN 1 ELSE 0 END
    | CASE WHEN s.kept_from < greatest({retention}, {prospects})
           THEN CASE WHEN s.kept_from < {retention} THEN 2 ELSE 0 END | CASE WHEN s.kept_from < {prospects} THEN 4 ELSE 0 END
           ELSE 0 END
    | CASE WHEN {starts} IS NULL OR s.collected_on IS NULL OR s.collected_on[1] >= {starts} THEN 0
           ELSE least(width_bucket({starts} - 1, s.collected_on), 63) << 9 END
    | CASE WHEN {washes} IS NULL OR s.checked_at IS NULL THEN 0
           WHEN s.checked_at[2] IS NULL THEN width_bucket(s.checked_at[1], {washes}) << 15
           ELSE (width_bucket(s.checked_at[1], {washes}) << 15) | (width_bucket(s.checked_at[2], {washes}) << 17)
              | (coalesce(width_bucket(s.checked_at[3], {washes}), 0) << 19)
              | (coalesce(width_bucket(s.checked_at[4], {washes}), 0) << 21) END AS key

-- name: fence  (nothing, but by a volatile function: what is beside it is found once, not wherever it is used)
CASE WHEN s.joint AND clock_timestamp() IS NULL THEN true END AS fence

-- name: once  (where in `said` the words about the purpose would end)
-- OFFSET 0 would be a fence too, but keep the work from being shared between processes.
CASE WHEN c.joint AND clock_timestamp() IS NULL THEN NULL ELSE width_bucket(({purpose} << 32) | 4294967295, c.said) END

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
 SELECT p.organisation_id, p.customer_id, p.valid_from, p.contact_at, p.kept_from, p.standing_id, p.holding_id, p.joint,
     p.collected_on, p.said, p.lapses, p.checked_at
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
SELECT part, key, count(*) AS customers
FROM (SELECT {key}, {fence} FROM (
    SELECT *, {once} AS last FROM {rows} c
    WHERE c.organisation_id = $1 AND NOT c.joint) s) k
GROUP BY part, key

-- name: members
-- A page of those whose keys are among these, in the order of their ids; $10 parts, $11 keys, $12 after, $13 how many. The
-- order inside and IS TRUE make it go along the index and look each up in turn, so that it ends when the page is full.
SELECT k.customer_id FROM (
    SELECT s.customer_id, {key} FROM (
        SELECT *, {once} AS last FROM {rows} c
        WHERE c.organisation_id = $1 AND NOT c.joint AND c.customer_id > coalesce($12::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY c.customer_id) s
) k
WHERE ((k.part, k.key) IN (SELECT w.part, w.key FROM unnest($10::bigint[], $11::bigint[]) AS w (part, key))) IS TRUE
ORDER BY k.customer_id LIMIT $13

-- name: families
-- The families of merged records: their survivor (at an instant at which they were not known yet the first who was), and
-- how each of their records stands, in the order of their ids.
SELECT (array_agg(s.customer_id ORDER BY s.survivor_id IS NOT NULL, s.customer_id))[1] AS id,
    array_agg(s.part ORDER BY s.customer_id) AS parts, array_agg(s.key ORDER BY s.customer_id) AS keys
FROM (SELECT s.customer_id, (SELECT c.survivor_id FROM customer c WHERE c.id = s.customer_id) AS survivor_id, {key} FROM (
    SELECT *, {once} AS last FROM {rows} c
    WHERE c.organisation_id = $1 AND c.joint) s) s
GROUP BY coalesce(s.survivor_id, s.customer_id)
