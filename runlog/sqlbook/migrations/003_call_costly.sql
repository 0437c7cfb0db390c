-- A run's costliest calls are found by classes of duration, and sorted within one.
-- An index by the duration itself scatters what is written over all of it, while one
-- by classes is appended to at as many places as there are classes. They are 256 ns
-- wide up to 16 us, 2 us up to 262 us, then 16 us: calls that are so quick that many
-- come together stay close to each other.
DROP INDEX call_duration;
CREATE INDEX call_costly ON call (run, (CASE WHEN duration < 16384 THEN duration >> 8 WHEN duration < 262144 THEN 56 + (duration >> 11) ELSE 168 + (duration >> 14) END));
