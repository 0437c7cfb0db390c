package demo

// Confusion counts guesses: row by true digit, column by guessed digit.
type Confusion [classes][classes]int

// Add counts guesses against the truth, which has as many.
func (c *Confusion) Add(truth, guesses []int) {
	for i, guess := range guesses {
		c[truth[i]][guess]++
	}
}

// Total is how many guesses were counted.
func (c *Confusion) Total() int {
	total := 0
	for _, row := range c {
		for _, count := range row {
			total += count
		}
	}
	return total
}

// Mistakes is how many of them were wrong.
func (c *Confusion) Mistakes() int {
	mistakes := c.Total()
	for digit := range c {
		mistakes -= c[digit][digit]
	}
	return mistakes
}

// Accuracy is the share of right guesses; 0 if there are none.
func (c *Confusion) Accuracy() float64 {
	total := c.Total()
	if total == 0 {
		return 0
	}
	return float64(total-c.Mistakes()) / float64(total)
}

// Worst is the most frequent mistake; the first in reading order of several.
func (c *Confusion) Worst() (truth, guess, count int) {
	for t, row := range c {
		for g, n := range row {
			if t != g && n > count {
				truth, guess, count = t, g, n
			}
		}
	}
	return truth, guess, count
}
