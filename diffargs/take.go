package diffargs

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"unsafe"
)

const (
	snapshotPreview = 80 // characters
	snapshotType    = 200
	// maxSortedMap is the largest map whose entries get nodes: all keys have to
	// be sorted to find the first ones.
	maxSortedMap = 1 << 16
	// maxGraphNodes bounds the work for the digests of the parts of cyclic and
	// deep values, each of which takes the whole of the graph.
	maxGraphNodes = 1 << 18
)

// Take takes a snapshot of v, by its static type as OfValue does. It keeps
// nothing of v itself. The error is that of OfValue.
func Take(v reflect.Value, limits Limits) (*Snapshot, error) {
	if !v.IsValid() {
		return &Snapshot{Root: &Node{Type: "nil", TypeDigest: nilType, Digest: nilDigest, Preview: "nil", Nil: true}}, nil
	}
	p, err := addressOf(v)
	if err != nil {
		return nil, err
	}
	e := newEncoder()
	defer e.release()
	e.records = newRecords()
	t := taker{e: e, limits: limits.withDefaults(), known: map[Digest]bool{}}
	pl := e.planOf(v.Type())
	root, err := t.node(part{plan: pl, at: p})
	if err != nil {
		return nil, err
	}
	e.records.complete = true
	sketch := sketchOf(e, pl, p)
	// Breadth first, so that limits cut the depths of a value rather than its
	// last fields.
	for len(t.queue) > 0 && t.nodes < t.limits.Nodes {
		next := t.queue[0]
		t.queue = t.queue[1:]
		if err := t.expand(next); err != nil {
			return nil, err
		}
	}
	return &Snapshot{Root: root, Sketch: sketch}, nil
}

type taker struct {
	e      *encoder
	limits Limits
	nodes  int
	bytes  int
	queue  []part
	known  map[Digest]bool // has, or will have, children
}

// A part is a value that a node stands for.
type part struct {
	node  *Node
	plan  *plan
	at    unsafe.Pointer
	step  string
	key   Digest
	depth int
}

// node makes the node of a part, and queues it for its children.
func (t *taker) node(p part) (*Node, error) {
	digest, err := t.e.value(p.plan, p.at)
	if err != nil {
		return nil, err
	}
	t.nodes++
	v := reflect.NewAt(p.plan.typ, p.at).Elem()
	n := &Node{
		Step:       p.step,
		Key:        p.key,
		Type:       shorten(p.plan.typ.String(), snapshotType),
		TypeDigest: p.plan.digest,
		Digest:     digest,
		Preview:    PreviewValue(v, snapshotPreview),
	}
	t.describe(n, p.plan, p.at)
	switch n.Form {
	case Sequence, Struct, Map, Pointer, Interface:
		p.node = n
		if n.Len > 0 && p.depth+1 < t.limits.Depth && !t.known[digest] {
			t.known[digest] = true
			t.queue = append(t.queue, p)
		}
	}
	return n, nil
}

// describe sets what a node tells of its value besides its children.
func (t *taker) describe(n *Node, pl *plan, at unsafe.Pointer) {
	switch {
	case pl.treatment == asTime:
		n.Form, n.Data = Instant, t.encoded(pl, at)
	case pl.treatment != walked:
		n.Form = Opaque
	case isNumber(pl):
		n.Form, n.Number, n.Data = Scalar, pl.kind, t.encoded(pl, at)
	default:
		v := reflect.NewAt(pl.typ, at).Elem()
		switch pl.kind {
		case reflect.String:
			s := *(*string)(at)
			n.Form = Text
			t.row(n, t.e.planOf(reflect.TypeFor[uint8]()), unsafe.Pointer(unsafe.StringData(s)), len(s))
		case reflect.Slice:
			n.Nil = v.IsNil()
			t.sequence(n, pl.elem, v.UnsafePointer(), v.Len())
		case reflect.Array:
			t.sequence(n, pl.elem, at, v.Len())
		case reflect.Map:
			n.Form, n.Nil, n.Len = Map, v.IsNil(), v.Len()
		case reflect.Struct:
			n.Form, n.Len = Struct, len(pl.fields)
		case reflect.Pointer, reflect.Interface:
			n.Form, n.Nil = Pointer, v.IsNil()
			if pl.kind == reflect.Interface {
				n.Form = Interface
			}
			if !n.Nil {
				n.Len = 1
			}
		}
	}
}

func (t *taker) sequence(n *Node, elem *plan, data unsafe.Pointer, length int) {
	if elem != nil && isNumber(elem) {
		n.Form = Numbers
		t.row(n, elem, data, length)
		return
	}
	n.Form, n.Len = Sequence, length
}

// row keeps numbers or text.
func (t *taker) row(n *Node, elem *plan, data unsafe.Pointer, length int) {
	n.Number, n.Len = elem.kind, length
	size := uint64(length) * uint64(elem.fixed)
	if size > chunkSize {
		n.Chunks = t.e.leavesOf(elem, data, length)
	}
	if n.Form == Numbers && size > uint64(t.limits.ArrayBytes) {
		n.Statistics = statisticsAt(elem, data, length)
	}
	if size <= uint64(t.limits.ArrayBytes) && size <= uint64(t.limits.TotalBytes-t.bytes) {
		t.bytes += int(size)
		n.Data = t.e.elements(elem, data, length)
	}
}

func (t *taker) encoded(pl *plan, at unsafe.Pointer) []byte { return t.e.elements(pl, at, 1) }

// expand makes the children of a part.
func (t *taker) expand(p part) error {
	if p.plan.recursive && t.e.graphed > maxGraphNodes {
		return nil
	}
	children, err := t.children(&p)
	if err != nil {
		return err
	}
	p.node.Children = make([]*Node, 0, len(children))
	for _, child := range children {
		child.depth = p.depth + 1
		if t.nodes >= t.limits.Nodes {
			break
		}
		n, err := t.node(child)
		if err != nil {
			return below(child.step, err)
		}
		p.node.Children = append(p.node.Children, n)
	}
	return nil
}

func (t *taker) children(p *part) ([]part, error) {
	room := min(p.node.Len, t.limits.Nodes-t.nodes, max(t.limits.Nodes/4, 1))
	var children []part
	switch p.node.Form {
	case Struct:
		for _, f := range p.plan.fields {
			children = append(children, part{plan: f.plan, at: unsafe.Add(p.at, f.offset), step: "." + f.name})
		}
	case Sequence:
		data := p.at
		if p.plan.kind == reflect.Slice {
			data = (*sliceHeader)(p.at).data
		}
		for i := range room {
			at := unsafe.Add(data, uintptr(i)*p.plan.elem.size)
			children = append(children, part{plan: p.plan.elem, at: at, step: indexStep(i)})
		}
	case Map:
		return t.entries(p, room)
	case Pointer:
		children = append(children, part{plan: p.plan.elem, at: *(*unsafe.Pointer)(p.at)})
	case Interface:
		held := reflect.NewAt(p.plan.typ, p.at).Elem().Elem()
		at, err := addressOf(held)
		if err != nil {
			return nil, err
		}
		children = append(children, part{plan: t.e.planOf(held.Type()), at: at})
	}
	return children, nil
}

// entries returns the first entries of a map, in an order that people expect.
func (t *taker) entries(p *part, room int) ([]part, error) {
	m := reflect.NewAt(p.plan.typ, p.at).Elem()
	if m.Len() > maxSortedMap {
		return nil, nil
	}
	type entry struct {
		part
		name string
	}
	var entries []entry
	for it := m.MapRange(); it.Next(); {
		key, value := reflect.New(p.plan.key.typ), reflect.New(p.plan.elem.typ)
		key.Elem().SetIterKey(it)
		value.Elem().SetIterValue(it)
		digest, err := t.e.value(p.plan.key, key.UnsafePointer())
		if err != nil {
			return nil, below("[key]", err)
		}
		name := PreviewValue(key.Elem(), snapshotPreview)
		entries = append(entries, entry{
			part{plan: p.plan.elem, at: value.UnsafePointer(), step: "[" + name + "]", key: digest},
			name,
		})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(compareKeys(a.name, b.name), bytes.Compare(a.key[:], b.key[:]))
	})
	var children []part
	for _, e := range entries[:min(room, len(entries))] {
		children = append(children, e.part)
	}
	return children, nil
}
