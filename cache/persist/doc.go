// Package persist turns Go values into bytes and back: what a cached function
// returned, or whatever a program wants to find again in a file.
//
//	err := persist.Dump("model.cbor", model)
//	model, err := persist.Load[Model]("model.cbor")
//
// [Encode] and [Decode] do the same with any writer and reader, [Marshal] and
// [Unmarshal] with memory.
//
// The bytes are CBOR (RFC 8949), with numeric slices as typed arrays (RFC
// 8746), so that any CBOR reader can read them. The memory of a numeric slice
// is copied as it is; long ones start on a 64-byte boundary of the stream.
// Arrays of numpy's, files that end in .npy, are loaded too, into slices or
// into an npy.Array of the package below this one.
//
// # Compression
//
// A file with the extension .zst, .gz or .lz4 is compressed, and so is whatever
// is stored with the option [Compress]. The programs zstd, gzip and lz4 read
// such files, and what they compressed is loaded; how a file is compressed shows
// in its first bytes, not in its name. Numeric slices are byte shuffled, which
// makes integers a small part of what they were, at the speed of a disk; both
// storing and loading use all cores.
//
// # Mapping
//
// With the option [Map], or with [Open], numeric slices of 256 bytes or more are
// left in the file, which becomes part of the program's memory: a gigabyte is
// there in microseconds, and costs what is used of it.
//
//	m, err := persist.Open[Model]("model.cbor", persist.CopyOnWrite)
//	defer m.Close()
//	use(m.Value)
//
// The modes are joblib's: [ReadOnly] is r, [CopyOnWrite] c, [ReadWrite] r+, and
// [Create] w+. CopyOnWrite is the one that never surprises: slices behave as
// slices do. ReadOnly ones must not be written, ReadWrite ones are the file.
//
// How long a mapping lasts is said by the program: until Close, or, with Load and
// Map, for as long as it runs, since no collector of garbage can tell when the
// last slice is gone. That takes addresses and no memory; but a system allows a
// process some 65,000 mappings, so that what is loaded again and again is to be
// opened and closed. What is compressed is loaded instead, and so is everything
// where the system maps no files; arrays in another byte order are copied.
// [Warn] and [Mapped] tell.
//
// # Memory
//
// Storing copies no long slice. Loading takes the memory of the value and little
// more, compressed or not: numeric slices are read to where they stay. Only
// where nobody knows how long a stream is, as with a pipe, its slices grow by
// doubling.
//
// # What comes back
//
// Exactly what went in: nil and empty slices and maps stay apart, so do −0 and
// 0; NaN keeps its bits, integers their width, strings bytes that are no UTF-8.
// A time.Time keeps its instant and its offset from UTC, but neither a
// monotonic clock reading nor the name of its zone: where the local zone has
// that offset at that instant, the time comes back in time.Local.
//
// Pointers, maps and whole slices that are reached more than once are stored
// once and come back shared, so that cyclic values work. A pointer into the
// inside of a struct, or two slices that overlap in part, come back as copies.
// The capacity of a slice comes back as its length.
//
// # What can be stored
//
// Booleans, numbers, strings, time.Time, big.Int, and slices, arrays, maps,
// structs and pointers of what can be stored. An interface can hold the
// predeclared types, slices and string-keyed maps of them, time.Time, *big.Int
// and what was registered with [Register].
//
// A type with MarshalBinary and UnmarshalBinary, or with GobEncode and
// GobDecode, is stored as what these say. MarshalText and UnmarshalText serve
// only for a type that could not be stored otherwise, since texts are made for
// people and may lose something (that of a net.IP loses its length). Methods
// that a struct merely inherits from an embedded field do not count: they know
// nothing of its other fields.
//
// Functions, channels, uintptr, unsafe pointers, and structs with unexported
// fields but no such methods are refused with an [*UnsupportedError], which
// names the path. A field with the tag labbook:"-" is left out, as it is left
// out of keys, and comes back zero. Map keys cannot hold pointers.
// Values may nest 10,000 levels deep.
//
// # Reading
//
// A stored value either fits the Go type entirely or is refused with a
// [*MismatchError]: a struct needs exactly the fields that were stored, a
// number must fit its type. Bytes that are no CBOR are a [*SyntaxError].
// Damaged or hostile input never makes a reader panic, or take more than some
// small multiple of the input's size in memory, and some megabytes for each core
// if it is compressed. Compressed input counts by what it turns out to hold,
// which may be ten thousand times its size: [MaxSize] sets a limit to that.
//
// # Format
//
//	stream  = 55799( 0x4C420001( item ) )           CBOR's mark, then "LB" and version 1;
//	                                                a reader also takes an item alone
//	item    = node | 28( node ) | 29( index )       28 marks a node that a later 29 means by its
//	                                                number among the 28s; pointers, slices, maps only
//	bool    = false | true
//	int     = CBOR integer                          any width
//	float   = CBOR float of 4 or 8 bytes            by its Go type
//	complex = [ float, float ]                      real part first
//	string  = text string | byte string             the latter if it is no UTF-8
//	slice   = null | array | bytes | numbers        array: [ item, ... ]
//	bytes   = byte string                           of []byte
//	numbers = shuffled | TAG( short | long )                   []int8 72, []int16 77, []int32 78, []int64 79, []int 79,
//	                                                []uint16 69, []uint32 70, []uint64 71, []uint 71,
//	                                                []float32 85, []float64 86: little endian;
//	                                                []complex64 85, []complex128 86: both parts in turn
//	short   = byte string                           below 256 bytes, and all []int8
//	long    = 5F *40 HEAD content FF                an indefinite-length byte string of one chunk and before
//	                                                it as many empty ones (40) as bring the content to an
//	                                                offset in the stream that 64 divides
//	shuffled= 1280526406( [ TAG, chunk, bytes ] )   in compressed streams, of 256 bytes or more: the array's
//	                                                bytes, in chunks of this size, each with the first bytes of
//	                                                all its numbers before all second bytes, and so on
//	array   as slice, without null
//	map     = null | { key: item, ... }             sorted by the bytes of the keys; arrays in keys are short
//	struct  = { field name: item, ... }             in the order of the fields
//	pointer = null | item | [ item ]                the latter to a pointer, slice, map or interface
//	any     = null | bool | int | float | string    of type bool, int, float64, string
//	        | 27( [ type name, item ] )             of any other type, or in an interface with methods
//	time    = 0( RFC 3339 text )                    Z for UTC alone, +00:00 for other zones without offset
//	        | 27( [ "time.Time", sec, nsec, off ] ) where that text cannot say it
//	big.Int = int | 2( bytes ) | 3( bytes )
//	own     = byte string | text string             of MarshalBinary and GobEncode | of MarshalText
//
// A compressed stream is cut into pieces of 512 KiB, each of which is a frame
// (zstd, lz4) or member (gzip) of its own, with a checksum and its size. Those of
// gzip have the extra field "LB", of 4 bytes: the size of the member, little
// endian. Python reads shuffled arrays so, with cbor2 and numpy:
//
//	def hook(decoder, tag):
//	    if tag.tag == 1280526406:
//	        kind, chunk, data = tag.value
//	        width = 1 << ((kind >> 4 & 1) + (kind & 3))
//	        chunks = [data[i:i + chunk] for i in range(0, len(data), chunk)]
//	        data = b"".join(np.frombuffer(c, "u1").reshape(width, -1).T.tobytes() for c in chunks)
//	        return cbor2.CBORTag(kind, data)
//	    return tag
//
//	cbor2.loads(subprocess.check_output(["zstd", "-dc", path]), tag_hook=hook)
package persist
