// Package store keeps the results of calls on disk: one file per entry, under
// the name of the function and the key of the call. It knows nothing of Go
// types; an entry's payload is bytes.
//
// # Guarantees
//
// What [Store.Get] returns was verified to the last byte: whatever is cut
// short, flipped, foreign, misplaced or empty is a [*CorruptError].
// [Store.GetMapped] leaves out the payload. Any number
// of goroutines, processes and machines may use one folder at once; an entry
// appears whole or not at all, and the last of several writers of one key
// wins. The folder may be deleted at any time, while programs use it too.
//
// An entry that was written survives the death of the program at once. Nothing
// waits for the disk: what a power failure damages is found damaged when it is
// read, and computed again.
//
// # Limits
//
// A store that was opened with [Limits] keeps to them by itself: a Put that
// exceeds one, or comes when something got too old, starts a goroutine that
// removes first what nobody used for longer than MaxAge, then what was used
// longest ago, until a sixteenth of the limit is free. Used means put, or read
// by Get, or touched through [Store.Use], by whatever process; Contains and
// lists are no use. The order is exact. While that runs, and while the store
// rests after it for nine times as long, a limit may be exceeded. What is put
// meanwhile does not go, nor what is pinned, which counts towards the limits all
// the same. Several processes with different limits each keep to their own.
//
// How often something was used says nothing, and so do times of files: those
// count only for entries that nobody used since there is an index. [Store.Collect]
// does the same at once and to the letter, [Store.Plan] says what it would do.
//
// An entry that another process puts in the very moment in which the one it
// replaces is removed may go with it, and is computed again.
//
// The index is never a reason for Get or Put to fail. Without it nothing is
// evicted; [Store.OnProblem] says so. See package index for what it promises.
//
// # Layout
//
//	DIR/.gitignore                              "*", if DIR was new or empty
//	DIR/FUNCTION/2 hex digits/62 hex digits     an entry: FUNCTION as [folderName] makes it,
//	                                            then the key
//	DIR/FUNCTION/tmp/                           entries that are being written
//	DIR/.index/                                 what was used when; may be deleted
//	DIR/.pins/FUNCTION/64 hex digits            an empty file for each pinned entry
//	DIR/.notes/64 hex digits                    see [Store.PutNote]
//
// Files are readable by their owner alone. A writer that was killed leaves a
// file in tmp; a store removes those older than an hour when it first writes
// to the function.
//
// Entries are regular files: a symbolic link in the place of one is refused.
// The folders of functions may be links, so that a cache can live on another
// disk; those of index and pins must not be.
//
// # Format of an entry
//
// Numbers are little endian.
//
//	entry   = prefix header payload
//	prefix  = "LBENTRY" version      8 bytes; the version is 1
//	          header length          u32, with its padding
//	          flags                  u32, 0; others belong to newer versions
//	          payload length         u64
//	          created                i64, nanoseconds since 1970 UTC
//	          duration               i64, nanoseconds that computing took
//	          origin run             16 bytes, a UUID; zero for none
//	          origin call            u64, its number in that run
//	          payload digest         32 bytes, BLAKE3
//	          key                    its first 16 bytes
//	          header checksum        u32, CRC-32C of the header with its padding
//	          reserved               8 bytes, zero
//	          checksum               u32, CRC-32C of the 124 bytes before it
//	header  = JSON object, a line    [Header]; ends with spaces and a newline, such that
//	                                 the payload starts at a multiple of 64
//	payload                          as long as the prefix says, up to the end of the file
package store
