package diffargs

import "fmt"

// unstored compares rows of numbers, or texts, whose values are not in the
// snapshots.
func (d *differ) unstored(path string, a, b *Node) {
	u := elementUnit
	if a.Form == Text {
		u = byteUnit
	}
	lines := []string{placeInChunks(a, b, u) + "; the values were not stored: they are too many"}
	if line := storedStatistics(a.Statistics, b.Statistics); line != "" {
		lines = append(lines, line)
	}
	if a.Len != b.Len {
		d.add(lengthDifference(path, a.Len, b.Len, u, joinLines(lines)))
		return
	}
	d.add(Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview, Detail: joinLines(lines)})
}

// placeInChunks says where rows differ as far as the digests of their chunks
// tell.
func placeInChunks(a, b *Node, u unit) string {
	x, y := a.chunks(), b.chunks()
	perChunk, longer := chunkSize/a.width(), max(a.Len, b.Len)
	first, differing := -1, 0
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			if first < 0 {
				first = i
			}
			differing++
		}
	}
	if first < 0 {
		// Too short for chunks, and still not stored.
		return fmt.Sprintf("somewhere in [0:%d]", longer)
	}
	from := first * perChunk
	if shorter := min(a.Len, b.Len); a.Len != b.Len && from > 0 && shorter-from < perChunk {
		return fmt.Sprintf("the first %d %s are the same", from, u.many)
	}
	place := fmt.Sprintf("[%d:%d]", from, min(from+perChunk, longer))
	if differing == 1 {
		return "somewhere in " + place
	}
	return fmt.Sprintf("in %d of %d chunks of %s, the first at %s",
		differing, max(len(x), len(y)), u.counted(perChunk), place)
}
