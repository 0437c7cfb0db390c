package tui

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
	"labbook/tui/headless"
	"labbook/tui/samplebook"
)

// nasty are pieces of names, values and output that have broken screens.
var nasty = []string{
	"a", "word", " ", "größe", "数据处理", "🚀", "👩‍🔬", "🇩🇪", "e\u0301", "é\u0301\u0301", "\x1b[31mred", "\x1b[0m",
	"\x1b]0;title\a", "\x1b[2J", "\x1b[10;10H", "\n", "\r", "\r\n", "\t", "\b", "\x00", "\x7f", "\u009b31m", "\u202e", "\u200b",
	"\xff\xfe", "❤️", strings.Repeat("x", 90), strings.Repeat("漢", 40), "\x1b[38;2;1;2;3m", "ﷺ", "\u0301", "가", "ᄀ", "ก็็็",
}

func nastyText(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteString(nasty[r.IntN(len(nasty))])
	}
	return b.String()
}

// nastyContent is a study in which all texts and numbers are random.
func nastyContent(r *rand.Rand) samplebook.Content {
	c := samplebook.Study(testNow)
	text := func() string { return nastyText(r, 6) }
	moment := func() time.Time {
		if r.IntN(4) == 0 {
			return time.Time{}
		}
		return testNow.Add(time.Duration(r.Int64N(int64(400*24*time.Hour))) - 200*24*time.Hour)
	}
	number := func() int64 { return []int64{0, 1, -1, 12345, math.MaxInt64, math.MinInt64, r.Int64()}[r.IntN(7)] }
	for i := range c.Runs {
		run := &c.Runs[i]
		run.Name, run.Argv, run.Status, run.Error = text(), []string{text(), text()}, record.Status(text()), text()
		run.Env, run.Tags, run.VCSDiff = []string{text()}, []string{text()}, text()+"\n+"+text()
		run.Started, run.Ended, run.Heartbeat = moment(), moment(), moment()
		run.Counts = record.Counts{Calls: number(), Hits: number(), Misses: number(), Saved: time.Duration(number())}
		run.Params = append(run.Params, record.Param{Name: text(), Value: text(), Source: text()})
		run.Metrics = append(run.Metrics, record.Metric{Name: "loss", Value: math.NaN()}, record.Metric{Name: "loss", Value: math.Inf(1)},
			record.Metric{Name: text(), Value: -math.MaxFloat64})
		run.Notes = append(run.Notes, record.Note{Text: text(), At: moment()})
		c.Outputs[run.ID] = nil
		for seq := range int64(r.IntN(60)) {
			stream := []record.Stream{record.Stdout, record.Stderr}[r.IntN(2)]
			c.Outputs[run.ID] = append(c.Outputs[run.ID], record.Output{Seq: seq + 1, Stream: stream, At: moment(), Bytes: []byte(text())})
		}
	}
	for i := range c.Calls {
		call := &c.Calls[i]
		call.Function, call.Error, call.Detail, call.Duration = text(), text(), text(), time.Duration(number())
		call.ResultBytes, call.Started = number(), moment()
		for p := range call.Parts {
			call.Parts[p].Name, call.Parts[p].Preview, call.Parts[p].Digest = text(), text(), text()
		}
		c.Explanations[call.ID] = whymiss.Explanation{
			Call: call.ID, Function: text(), Reason: whymiss.Reason{Summary: text()}, LostSeconds: float64(number()),
			Also:        []whymiss.Reason{{Kind: record.ReasonKind(text()), Summary: text()}},
			Upstream:    []whymiss.Upstream{{Argument: text(), Path: text(), Function: text(), Reason: whymiss.Reason{Summary: text()}, Upstream: []whymiss.Upstream{{Function: text()}}}},
			Remedies:    []whymiss.Remedy{{Advice: text(), Code: text() + "\n" + text(), Caveat: text(), Evidence: text()}},
			Nearest:     &whymiss.Nearest{Call: record.CallID{Run: 1, Call: 1}, When: moment()},
			Differences: []whymiss.Difference{{Path: text(), Before: text(), After: text(), Detail: text(), Where: text(), Chain: []string{text(), text()}}},
		}
	}
	for i := range c.Batches {
		c.Batches[i].Label, c.Batches[i].Error, c.Batches[i].Tasks = text(), text(), number()
		for _, tasks := range c.Tasks[c.Batches[i].Run] {
			for t := range tasks {
				tasks[t].Error = text()
			}
		}
	}
	return c
}

// TestScreenAlwaysFits walks about at random, resizing at any moment.
func TestScreenAlwaysFits(t *testing.T) {
	t.Parallel()
	keys := []string{
		"enter", "enter", "enter", "esc", "w", "w", "tab", "shift+tab", "1", "2", "3", "4", "j", "k", "down", "pgdown", "pgup",
		"g", "G", "/", "?", "s", "r", "y", "n", "o", "p", "u", "left", "right", "backspace", "x", "l", "h",
	}
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			profile := []termenv.Profile{termenv.Ascii, termenv.TrueColor}[seed%2]
			width, height := 1+r.IntN(300), 1+r.IntN(100)
			book := samplebook.New(nastyContent(r))
			screen := openWith(t, book, Options{Renderer: renderer(profile)}, width, height)
			var walked []string
			for range 120 {
				switch r.IntN(8) {
				case 0:
					width, height = 1+r.IntN(300), 1+r.IntN(100)
					if r.IntN(2) == 0 {
						width, height = 1+r.IntN(40), 1+r.IntN(10)
					}
					send1(t, screen, tea.WindowSizeMsg{Width: width, Height: height})
				case 1:
					send1(t, screen, tea.MouseMsg{
						X: r.IntN(width), Y: r.IntN(height), Action: tea.MouseActionPress,
						Button: []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown}[r.IntN(3)],
					})
				case 2:
					send1(t, screen, tick{})
				case 3:
					book.Edit(func(c *samplebook.Content) {
						c.Calls = c.Calls[:len(c.Calls)-min(r.IntN(5), len(c.Calls))]
						c.Outputs[14] = append(c.Outputs[14], record.Output{Seq: int64(1000 + len(c.Outputs[14])), Bytes: []byte(nastyText(r, 9))})
					})
				default:
					key := keys[r.IntN(len(keys))]
					walked = append(walked, key)
					press(t, screen, key)
				}
				checkScreen(t, screen, width, height, profile == termenv.TrueColor)
				if t.Failed() {
					t.Fatalf("at %d×%d after %v", width, height, walked)
				}
			}
		})
	}
}

var sgr = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// checkScreen checks what holds for every screen at any size.
func checkScreen(t *testing.T, screen *headless.Screen, width, height int, isColored bool) {
	t.Helper()
	view := screen.View()
	if !isColored && strings.Contains(view, "\x1b") {
		t.Errorf("a colour where none are to be: %q", view)
	}
	lines := strings.Split(view, "\n")
	if len(lines) != height {
		t.Errorf("%d lines on a screen of %d", len(lines), height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > width {
			t.Errorf("line %d is %d cells wide on a screen of %d: %q", i, w, width, line)
		}
		text := sgr.ReplaceAllString(line, "")
		if at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); at >= 0 {
			t.Errorf("line %d holds %q", i, text[at:])
		}
	}
}

func TestScreenFitsEveryPage(t *testing.T) {
	t.Parallel()
	for _, page := range pages {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			screen := open(t, samplebook.New(samplebook.Study(testNow)), 100, 30)
			press(t, screen, page.keys...)
			typeText(t, screen, page.typed)
			press(t, screen, page.then...)
			for _, size := range [][2]int{{40, 10}, {300, 100}, {1, 1}, {2, 2}, {20, 3}, {80, 24}} {
				send1(t, screen, tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				checkScreen(t, screen, size[0], size[1], false)
			}
		})
	}
}
