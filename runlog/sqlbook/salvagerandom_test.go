package sqlbook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// Whatever is damaged, the salvage comes to an end, and what it saves can be read.
func TestSalvageOfRandomDamage(t *testing.T) {
	t.Parallel()
	const pageSize = 4096
	b := create(t)
	for run := range 4 {
		events := aRun("digits", call(1, record.Miss, 1))
		for n := range 500 {
			events = append(events, call(int64(n+2), record.Hit, 1),
				&event.Metric{Metric: record.Metric{Name: []string{"loss", "rate"}[n%2], Step: int64(n), Value: 1, At: start}},
				printed(record.Stdout, int64(n)*100, strings.Repeat("x", 99)+"\n"))
		}
		apply(t, b, fmt.Sprintf("%d1234567-89ab-4def-8123-456789abcdef", run), events...)
	}
	path := b.Path()
	writeBack(t, b)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Of some of these it once went round in circles, or could not read what it had saved.
	seeds := []int{15, 83, 241, 360, 0, 1, 2, 3}
	if testing.Short() {
		seeds = seeds[:4]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 0))
			data := append([]byte(nil), whole...)
			switch seed % 4 {
			case 0:
				for range 1 + random.IntN(400) {
					data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
				}
			case 1: // pages in the place of others
				for range 1 + random.IntN(40) {
					copy(data[random.IntN(len(data)/pageSize)*pageSize:][:pageSize], data[random.IntN(len(data)/pageSize)*pageSize:])
				}
			case 2:
				for range 1 + random.IntN(40) {
					clear(data[random.IntN(len(data)/pageSize)*pageSize:][:pageSize])
				}
			case 3:
				data = data[:pageSize+random.IntN(len(data)-pageSize)]
			}
			damaged := filepath.Join(t.TempDir(), "damaged.sqlite")
			if err := os.WriteFile(damaged, data, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			to := filepath.Join(t.TempDir(), "fresh.sqlite")
			if _, err := Salvage(ctx, damaged, to, func(string, int64) {}); err != nil {
				t.Fatal(err)
			}
			saved, err := Create(ctx, to)
			if err != nil {
				t.Fatal(err)
			}
			defer saved.Close()
			checkSound(t, saved)
			runs, err := saved.Runs(ctx, record.RunQuery{})
			for i := range runs {
				_, runErr := saved.Run(ctx, runs[i].ID)
				_, outErr := saved.Output(ctx, runs[i].ID, 0, 1000)
				err = errors.Join(err, runErr, outErr)
			}
			_, callErr := saved.Calls(ctx, record.CallQuery{Limit: 10_000})
			if err = errors.Join(err, callErr); err != nil {
				t.Error(err)
			}
		})
	}
}
