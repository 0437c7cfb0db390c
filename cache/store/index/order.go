package index

import "math/bits"

// An item is something with a number that orders it.
type item struct {
	order uint64
	at    uint32
}

// digit is how many bits a pass of sortItems looks at.
const digit = 11

// sortItems sorts by order and leaves what is equal as it is. It works digit by
// digit, which for a hundred thousand is several times faster than comparing.
// scratch is memory as long as items; the result is in one of the two.
func sortItems(items, scratch []item) []item {
	if len(items) < 2 {
		return items
	}
	low, high := items[0].order, items[0].order
	for _, it := range items {
		low, high = min(low, it.order), max(high, it.order)
	}
	for shift := 0; shift < bits.Len64(high-low); shift += digit {
		var starts [1 << digit]uint32
		for _, it := range items {
			starts[(it.order-low)>>shift&(1<<digit-1)]++
		}
		var sum uint32
		for i, n := range starts {
			starts[i], sum = sum, sum+n
		}
		for _, it := range items {
			place := &starts[(it.order-low)>>shift&(1<<digit-1)]
			scratch[*place] = it
			*place++
		}
		items, scratch = scratch, items
	}
	return items
}
