// Package index knows which entries a store holds and when each was last used,
// so that a store can remove what was used longest ago without listing anything
// and without asking the file system for times that it does not keep.
//
// # How
//
// Every process appends to a journal of its own, which is a file in memory: one
// slot for each entry that the process puts, uses or removes. Using it again
// changes the slot's time in place. A journal therefore is as long as the
// process has different entries, a use costs nanoseconds, and the end of the
// process, however it comes, loses none. Whoever takes the lock of the index
// merges the snapshot with all journals, and writes a new snapshot; journals of
// dead processes, which are those that nobody holds locked, are then removed.
// Merging twice is harmless: of what is said of one entry the later counts.
//
// Times are those of a clock that all processes share and that does not go
// back: of two uses anywhere, the later one has the later time. It follows the
// clock of the system where it can; the time of a touch may be 50 ms behind,
// its order is exact.
//
// # Guarantees
//
// Recording never fails, as far as the caller is concerned. An entry is
// recorded before it gets its name and again afterwards, so that there is none
// the index does not know, whenever the writer is killed; it may know some that
// are not there, which whoever removes them notices. Then, and when the
// snapshot or a dead journal is damaged, of another version, or gone, what is
// there is listed, and times of use are kept as far as they are known.
//
// Where files cannot be mapped, made or locked, a process keeps its journal in
// memory of its own. Where nothing can be locked at all, journals of others are
// read and never removed.
//
// Reading waits for nobody and writes nothing.
//
// # Files
//
//	lock               held by who merges
//	counters           mapped by all
//	journal-16 digits  locked by its owner for as long as that lives
//	snapshot           replaced by renaming snapshot.new
//
// Counters and journals are in the order of bytes of the machine, and ignored
// on others; they do not outlive a merge. The snapshot is little endian.
//
//	counters = "LBCOUNT" version   8 bytes; the version is 1
//	           order               u64, 1
//	           clock               i64, the latest time that anybody took,
//	                               nanoseconds since 1970 UTC
//	           entries             i64, an estimate of how many there are
//	           bytes               i64, and of their size
//	                               up to 4096 bytes, zero
//
//	journal  = header slot*        each 64 bytes; a slot of kind 0 ends it
//	header   = "LBJOURN" version   8 bytes; the version is 1
//	           order               u64, 1
//	           process             u64
//	           created             i64
//	                               32 bytes, zero
//	slot     = entry | name
//	entry    = kind                u32, 1; written last
//	           function            u32, the number of its name in this journal, from 1
//	           key                 32 bytes
//	           size                i64, of the file; -1 if it was removed
//	           changed             i64, when it was put, seen or removed; 0 for neither
//	           used                i64, when it was last put or used
//	name     = kind                u32, 2
//	           length              u32, at most 4096
//	           text                the name of a folder; zeros up to a multiple of 64
//
//	snapshot = "LBINDEX" version   8 bytes; the version is 1
//	           cutoff              i64; what journals say of earlier is in here
//	           records             u64, how many
//	           length of names     u32
//	           checksum of names   u32, CRC-32C
//	                               28 bytes, zero
//	           checksum            u32, CRC-32C of the 60 bytes before it
//	           names               for each folder its length, u16, and name
//	           record*             in the order of keys, then of names
//	           checksum of records u32, CRC-32C
//	record   = key                 32 bytes
//	           function            u64, the number of its name, from 0
//	           size                i64; -1 if it was removed after the cutoff
//	           changed             i64
//	           used                i64
package index
