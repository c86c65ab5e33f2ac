-- Gather: how customers stand on a question, as keys that `hub/reading.py` reads. One customer and a million: same words.
--
-- A key has two halves. part = standing << 32 | holding. key = saying | bits, where bits say how the row's instants compare
-- with those of the question. From bit 28 one each for how many of the days that a register's check is good for its first
-- check has reached; three bits: how many of the instants that the timed words turn on have passed; three bits: how many
-- make a consent to calls old; six bits: collection days before the arrangement began. 45 within retention, 46 for a
-- prospect, from 47 two bits for each other register's check, 62 contact in the house period. PostgreSQL gives | & << >> one
-- precedence: everything is in parentheses. Both halves together are all that facts depend on.
--
-- {rows}: customer_state, or the versions of an instant, as {columns}. {word} {lapse}: the purpose's columns of the row.
-- {last}: where in `said` the words about the purpose would end, {first_few}: those about all. {nothing}: 0.
-- {at} {purpose} {calls} {starts} {washes} {first} {second} {third} {minded}: columns of the question, or parameters; from
-- {first} on days laid out as in `times` (see `times_of`), and the bits that matter. Whatever is not data is computed once.
-- Cases are told apart by what is cheap and common first: a crowd evaluates this a million times.

-- name: key
(s.standing_id::bigint << 32) | s.holding_id AS part,
CASE WHEN ({word} >> 32) = {purpose} THEN ({word} & 268435455) | {lapsed}
     WHEN s.said IS NULL THEN CASE WHEN s.word_0 IS NULL THEN 0 ELSE s.word_0 | {lapsed_for_all} END
     WHEN (s.said[{last}] >> 32) = {purpose} THEN (s.said[{last}] & 268435455) | {some_lapsed}
     WHEN s.word_0 IS NOT NULL THEN s.word_0 | {lapsed_for_all}
     WHEN (s.said[1] >> 32) = 0 THEN s.said[{first_few}] | {some_lapsed_for_all}
     ELSE {nothing} END
    | ((s.times - {first}) & {minded})
    | (((s.times - {second}) & ({minded} & ((1::bigint << 45) | (1::bigint << 28)))) << 1)
    | CASE WHEN {washes} IS NULL THEN 0
           ELSE (((s.times - {third}) & (1::bigint << 28)) << 2)
              | CASE WHEN s.checks IS NULL THEN 0
                     ELSE (width_bucket(s.checks[1], {washes})::bigint << 47)
                        | (coalesce(width_bucket(s.checks[2], {washes}), 0)::bigint << 49)
                        | (coalesce(width_bucket(s.checks[3], {washes}), 0)::bigint << 51) END END
    | CASE WHEN {starts} IS NULL THEN 0
           WHEN s.day_1 < {starts} THEN CASE WHEN s.day_2 < {starts} THEN CASE WHEN s.day_3 < {starts} THEN CASE
               WHEN s.day_4 < {starts} THEN least(4 + coalesce(width_bucket({starts} - 1, s.days), 0), 63)::bigint << 37
               ELSE 3::bigint << 37 END ELSE 2::bigint << 37 END ELSE 1::bigint << 37 END
           ELSE 0 END AS key

-- name: fence  (nothing, but by a volatile function: what it is part of is found once, not wherever it is used)
CASE WHEN clock_timestamp() IS NULL THEN 1 ELSE 0 END

-- name: lapsed  (of words that turn on one instant, or none)
CASE WHEN {lapse} IS NULL THEN 0 WHEN {lapse} > {at} THEN 0
     WHEN {lapse} < {calls} THEN (9::bigint << 31) ELSE (1::bigint << 31) END

-- name: some_lapsed  (of the words that end at {position} of `said`, about {number})
CASE WHEN s.lapses[{position}] IS NULL THEN 0
     WHEN s.said[{position} - 1] >> 32 = {number} THEN coalesce(
         (width_bucket({at}, s.lapses[width_bucket(({number}::bigint << 32) - 1, s.said) + 1:{position}])::bigint << 31)
         | (width_bucket({calls} - interval '1 microsecond',
                         s.lapses[width_bucket(({number}::bigint << 32) - 1, s.said) + 1:{position}])::bigint << 34), 0)
     WHEN s.lapses[{position}] > {at} THEN 0
     WHEN s.lapses[{position}] < {calls} THEN (9::bigint << 31) ELSE (1::bigint << 31) END

-- name: now
customer_state

-- name: then
(SELECT {columns} FROM customer_state c WHERE c.valid_from <= {at}
 UNION ALL SELECT {columns} FROM customer_past c WHERE c.valid_to > {at} AND c.valid_from <= {at})

-- name: each
-- One row per question and record of its customer's family; one row of nulls for nobody. What an answer cites comes as
-- lines of text, which cost a fifth of arrays: collections, the one that counts first (id, microseconds, categories), and
-- deliveries, the first one first (version, id, microseconds, locale, how). The order is that of intakes_at and told_at.
-- {chosen}: the columns of the question's purpose, chosen once for a row, as a long expression is long in being prepared.
-- $1 organisation  $2 instant (NULL: now)  then arrays, one element a question: $3 customer  $4 purpose number  $5 calls
-- $6 starts  $7 washes (an array, as text)  $8 first  $9 second  $10 third  $11 minded
SELECT q.position, clock.number AS clock, moment.at, s.customer_id AS record_id, s.part, s.key, sealing.wrapped,
    {cited}
FROM (SELECT coalesce($2::timestamptz, now()) AS at) moment
CROSS JOIN catalogue_clock clock
CROSS JOIN unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::date[], $7::text[], $8::bigint[], $9::bigint[],
                  $10::bigint[], $11::bigint[]) WITH ORDINALITY
    AS q (customer_id, purpose, calls, starts, washes, first, second, third, minded, position)
LEFT JOIN LATERAL (
    SELECT s.customer_id, {key}
    {kin_of} CROSS JOIN LATERAL ({chosen}) chosen
    WHERE own.customer_id = q.customer_id AND own.organisation_id = $1
) s ON true
LEFT JOIN keys.customer_key sealing ON sealing.customer_id = s.customer_id
ORDER BY q.position, s.customer_id

-- name: cited  (of the record s at moment.at)
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

-- name: kin_of  (the records of a customer's family; mostly their own alone)
FROM {rows} own
CROSS JOIN LATERAL (
    SELECT own.*{own_version} WHERE NOT own.joint
    UNION ALL
    SELECT kin.*{kin_version} FROM customer c CROSS JOIN LATERAL (
        SELECT coalesce(c.survivor_id, c.id) AS id
        UNION ALL SELECT m.id FROM customer m WHERE m.survivor_id = coalesce(c.survivor_id, c.id)
    ) m JOIN {rows} kin ON kin.customer_id = m.id AND kin.organisation_id = $1
    WHERE own.joint AND c.id = own.customer_id
) s

-- name: several
-- As each, for one question about many customers, so that most of it is the same for all, and with the transaction that wrote
-- the row. $11 customers, as text
SELECT q.position, clock.number AS clock, moment.at, s.customer_id AS record_id, s.part, s.key, s.version, sealing.wrapped,
    {cited}
FROM (SELECT $2::timestamptz AS at) moment
CROSS JOIN catalogue_clock clock
CROSS JOIN unnest($11::text::uuid[]) WITH ORDINALITY AS q (customer_id, position)
LEFT JOIN LATERAL (
    SELECT s.customer_id, s.version, {key}
    {kin_of}
    WHERE own.customer_id = q.customer_id AND own.organisation_id = $1
) s ON true
LEFT JOIN keys.customer_key sealing ON sealing.customer_id = s.customer_id
ORDER BY q.position, s.customer_id

-- name: crowd
-- How many stand on a question alike; families of merged records are left out. A key that may be volatile (see the fence,
-- which is hardly ever come to) is to the planner something unknown, of few values, and it has each process count before they
-- meet; it would guess 300,000 groups.
-- $1 organisation  $2 instant  $3 purpose number  $4 calls  $5 starts  $6 washes  $7 first  $8 second  $9 third  $10 minded
-- One row of arrays, which is made and read at a fraction of the cost of thousands of rows.
SELECT array_agg(part) AS parts, array_agg(key) AS keys, array_agg(customers) AS sizes FROM (
    SELECT part, key, count(*) AS customers
    FROM (SELECT {key} FROM {rows} s WHERE s.organisation_id = $1 AND NOT s.joint) k
    GROUP BY part, key) c

-- name: members
-- A page of those whose keys are among these, in the order of their ids; $11 parts, $12 keys, $13 after, $14 how many. The
-- order inside and IS TRUE make it go along the index and look each up in turn, so that it ends when the page is full.
SELECT k.customer_id FROM (
    SELECT s.customer_id, {key} FROM (
        SELECT * FROM {rows} c
        WHERE c.organisation_id = $1 AND NOT c.joint AND c.customer_id > coalesce($13::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY c.customer_id) s
) k
WHERE ((k.part, k.key) IN (SELECT w.part, w.key FROM unnest($11::bigint[], $12::bigint[]) AS w (part, key))) IS TRUE
ORDER BY k.customer_id LIMIT $14

-- name: scattered
-- Those of some stretches of the hash of their ids, with the number of the stretch; of a family only its survivor, whose key
-- does not tell how the family stands. $11 and $12 the first and the last hash of each.
SELECT k.position, k.customer_id, k.joint, k.part, k.key FROM unnest($11::integer[], $12::integer[]) WITH ORDINALITY
    AS b (first, last, position)
CROSS JOIN LATERAL (
    SELECT b.position, s.customer_id, s.joint, {key} FROM {rows} s
    WHERE s.organisation_id = $1 AND uuid_hash(s.customer_id) >= b.first AND uuid_hash(s.customer_id) <= b.last
      AND NOT (s.joint AND EXISTS (SELECT FROM customer c WHERE c.id = s.customer_id AND c.survivor_id IS NOT NULL))
    OFFSET 0  -- stretch by stretch along the index, whatever the planner expects of one
) k

-- name: families
-- The families of merged records that stand alike: how each of their records stands, in the order of their ids, and how many
-- they are.
SELECT f.parts, f.keys, count(*) AS families FROM ({family}) f GROUP BY f.parts, f.keys

-- name: kin
-- Who they are, which takes a third longer.
SELECT f.parts, f.keys, array_agg(f.id) AS ids FROM ({family}) f GROUP BY f.parts, f.keys

-- name: family
-- Their survivors (at an instant at which they were not known yet the first who was), and how each of their records stands.
SELECT (array_agg(k.customer_id ORDER BY k.survivor_id IS NOT NULL, k.customer_id))[1] AS id,
    array_agg(k.part ORDER BY k.customer_id) AS parts, array_agg(k.key ORDER BY k.customer_id) AS keys
FROM (SELECT s.customer_id, m.survivor_id, {key}
    FROM {rows} s LEFT JOIN customer m ON m.id = s.customer_id AND m.survivor_id IS NOT NULL
    WHERE s.organisation_id = $1 AND s.joint) k
GROUP BY coalesce(k.survivor_id, k.customer_id)
