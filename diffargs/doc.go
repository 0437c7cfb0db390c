// Package diffargs owns the one notion of equality of the project: two values
// are equal if their digests are, and then, and only then, the diff of them is
// empty.
//
// [Of] returns the [Digest] of a value. [Take] takes a [Snapshot] of one, a
// bounded tree of digests, previews and numbers that outlives the value, and
// [Diff] says from two snapshots where the values differ and how. [SketchOf]
// reads from one what to look up near values by. [Preview] shows a value to
// people.
//
// # What is equal
//
// A digest covers the type and all that the value reaches. Nothing of the
// process or the machine is in it: no address, no order of a map's iteration,
// no word size. So it is the same in every process, on every machine.
//
//   - Types count, by package path, name and structure. The order of fields,
//     their names, and whether they are embedded count; their tags do not.
//   - 0 and −0 differ. NaN equals NaN, whatever its payload.
//   - A nil slice and an empty one differ, and so do maps. Capacity does not count.
//   - Pointers count by what they point to: sharing is invisible. Cyclic values
//     are equal if one could not tell them apart by following pointers for ever.
//   - A time.Time counts by its instant and its offset from UTC, without the
//     monotonic clock and the name of the zone. A time.Location counts by name.
//   - big.Int, big.Rat and netip.Addr count by value, big.Float by value,
//     precision and rounding mode, a reflect.Type as the types of values do.
//   - Unexported fields count, also those of other packages' types, whose digests
//     may hence change with a release of the package. Blank fields (named _) do
//     not, nor do fields with the tag `labbook:"-"`, nor what is state of a
//     process rather than data: sync.Mutex, RWMutex, Once, WaitGroup, Cond and
//     Pool.
//   - An interface counts by its own type where that is the static type of a
//     variable, field or element, by the type of what it holds, and by that.
//   - A type can be a [Digester] and say for itself what counts.
//
// Functions, channels, unsafe.Pointer, uintptr, contexts, sync.Map,
// atomic.Pointer, weak.Pointer, os.File and reflect.Value cannot be part of a
// key: the error is an [*UnkeyableError], which names the path to what is in the
// way. [CheckType] finds such types without a value.
//
// Local types of the same name in different functions of one package are told
// apart by their structure only. The methods of a type do not count, except as
// the names that make an interface.
//
// # Limits
//
// Depth and size are bounded by memory only; a list of a million nodes is
// digested without a deep stack. Work is linear in what the value holds, shared
// parts once; for cyclic values there is a logarithm besides.
//
// # Grammar
//
// A digest is hash(message), where hash is SHA-256 for messages of at most 4096
// bytes and BLAKE3 (256 bits) for longer ones. Numbers in messages are little
// endian; count is an unsigned varint; quoted characters stand for themselves.
//
//	digest(T, v)  = hash('v' type(T) body(T, v))             unless v is infinite
//	type(T)       = hash("tlabbook/diffargs 1\n" descriptor(T))
//	digest of an untyped nil = hash('v' hash("tlabbook/diffargs 1\n" "nil"))
//
// body depends on the kind of T:
//
//	bool          1 byte, 0 or 1
//	intN, uintN   N/8 bytes; int and uint 8 bytes
//	floatN        N/8 bytes, IEEE 754; NaN is 7FC00000 or 7FF8000000000000 (hexadecimal)
//	complexN      real part, imaginary part
//	string        count of bytes, items
//	slice         count 0 if nil, else count of elements + 1, items
//	array         items; nothing if it has no elements
//	struct        part of each field, in declared order
//	map           count 0 if nil, else count of entries + 1, items; the items are
//	              the entries, sorted bytewise, each of them packed key, packed value
//	pointer       0 if nil, else 1 digest(T', v') of what it points to
//	interface     0 if nil, else 1 type(T') held(T', v') of what it holds
//	time.Time     seconds since 1970 UTC (8), nanoseconds (4), offset in seconds (4)
//	big.Int       sign (1), magnitude, big endian, as a string
//	big.Rat       sign (1), numerator and denominator as in big.Int
//	big.Float     precision (4), mode (1), Text('p', 0) as a string
//	netip.Addr    MarshalBinary as a string
//	syscall.Errno 8 bytes
//	time.Location its name as a string
//	reflect.Type  type of it
//	a Digester    AppendKey as a string
//	left out      nothing
//
//	part(T, v)    = digest(T, v) of a slice or map of a recursive type, else body(T, v)
//	held(T, v)    = digest(T, v) of a struct or array of a recursive type, else part(T, v)
//	packed v      = 0 part(T, v) if that has at most 1024 bytes, else 1 hash('p' part(T, v))
//
// A type is recursive if a value of it can hold, at any depth, an interface or
// a value of a type that holds its own type. Elements are written as part.
//
//	items         = elements                 if they take at most 65536 bytes
//	              | tree                     otherwise
//	tree          = hash('m' bytes in all (8) leaves)
//	leaf          = BLAKE3 of each 65536 bytes of the elements; the last may be shorter
//
// If the elements are not all encoded in the same number of bytes, as their
// type tells, a byte precedes items: 0 for elements, 1 for a tree. In this, an
// array whose elements make a tree takes 32 bytes.
//
// descriptor writes named types as quoted package path, '.', name, '=' and
// structure, at their first occurrence; later as '#' and the number of that
// among the named types. Types with a body of their own above have '!' for '='
// and the structure. Structure is: the kind's name; "[N]", "[]", "*" before
// what it is of; "map[" key "]" element; "struct{" fields "}", each an optional
// '+' if embedded, the quoted package path and '.' if unexported, name, ' ',
// type, ';'; "interface{" names of methods each with ';' "}".
//
// A value is infinite if it holds itself. Its digest is that of a graph, whose
// nodes are v and all v' above that are written as a digest and are infinite,
// and the entries of maps that reach such. A node's label is the hash of what
// its message would be, where zeros stand for digests of infinite nodes, and the
// byte 2 for entries that are nodes; an entry's label is hash('e' type(map)
// entry). Edges to nodes have ranks counted from 0 in the order of the message;
// all the entries of one map share one. Nodes that unfold to the same are one.
//
//	digest(T, v)  = hash('c' nodes root { label edges { rank node } })
//
// with all but labels as counts, nodes in the order that partition refinement
// gives them, and edges sorted.
package diffargs
