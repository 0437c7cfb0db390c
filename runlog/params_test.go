package runlog

import (
	"errors"
	"flag"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type settings struct {
	C        float64       `default:"1.5" help:"regularisation"`
	MaxDepth int           `default:"3"`
	Verbose  bool          ``
	Wait     time.Duration `default:"1m"`
	K        []int         `default:"1,3"`
	Host     netip.Addr    ``
	Label    string        `name:"tag" default:"a b"`
	hidden   chan int      //nolint:unused // no flag can be made of it, and none is
}

func standard() settings {
	return settings{C: 1.5, MaxDepth: 3, Wait: time.Minute, K: []int{1, 3}, Label: "a b"}
}

func TestParams(t *testing.T) {
	for _, test := range []struct {
		reason string
		args   []string
		set    string
		want   func(*settings)
		rest   []string
	}{
		{"defaults", nil, "", func(*settings) {}, nil},
		{"flags by their dashed names", []string{"-max-depth=7", "--c", "2", "-verbose"}, "", func(s *settings) { s.MaxDepth, s.C, s.Verbose = 7, 2, true }, nil},
		{"the environment, by either name", nil, "MaxDepth=4  c=3 wait=2s", func(s *settings) { s.MaxDepth, s.C, s.Wait = 4, 3, 2*time.Second }, nil},
		{"a flag beats the environment", []string{"-c=9"}, "c=3", func(s *settings) { s.C = 9 }, nil},
		{"lists, and an empty one", []string{"-k", "5, 7"}, "", func(s *settings) { s.K = []int{5, 7} }, nil},
		{"an empty list", []string{"-k="}, "", func(s *settings) { s.K = []int{} }, nil},
		{"a type that reads itself", []string{"-host", "::1"}, "", func(s *settings) { s.Host = netip.IPv6Loopback() }, nil},
		{"a name of its own", []string{"-tag=x"}, "", func(s *settings) { s.Label = "x" }, nil},
		{"what is no flag is left", []string{"-c=2", "file", "-x"}, "", func(s *settings) { s.C = 2 }, []string{"file", "-x"}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Setenv(SetVariable, test.set)
			run := &Run{recorder: &Recorder{}, args: test.args}
			var got settings
			if err := run.Params(&got); err != nil {
				t.Fatal(err)
			}
			want := standard()
			test.want(&want)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Join(run.Args(), " ") != strings.Join(test.rest, " ") {
				t.Errorf("left: %q, want %q", run.Args(), test.rest)
			}
		})
	}
}

func TestParamsKeepsWhatHasNoDefault(t *testing.T) {
	t.Parallel()
	p := struct{ N int }{N: 5}
	if err := (&Run{recorder: &Recorder{}}).Params(&p); err != nil || p.N != 5 {
		t.Errorf("N is %d, %v; want what the program put there", p.N, err)
	}
}

func TestParamsMistakes(t *testing.T) {
	for _, test := range []struct {
		reason string
		into   any
		args   []string
		set    string
		says   string
	}{
		{"no pointer", settings{}, nil, "", "wants a pointer to a struct"},
		{"a field that no text can fill", &struct{ F func() }{}, nil, "", "field F: a func() cannot be read from a flag"},
		{"a list of such", &struct{ F []chan int }{}, []string{"-f=x"}, "", "cannot be read"},
		{"a wrong default", &struct {
			N int `default:"many"`
		}{}, nil, "", `field N: its default: "many" is no int`},
		{"a flag that is not there", &settings{}, []string{"-depth=1"}, "", "-depth"},
		{"a flag's wrong value", &settings{}, []string{"-max-depth=x"}, "", `"x" is no int`},
		{"the environment's wrong value", &settings{}, nil, "c=x", `LABBOOK_SET: c: "x" is no float64`},
		{"the environment's unknown name", &settings{}, nil, "d=1", `no parameter "d"; there are C, MaxDepth`},
		{"no value", &settings{}, nil, "c", "should be NAME=VALUE"},
		{"too large", &struct{ N int8 }{}, []string{"-n=300"}, "", "is no int8"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Setenv(SetVariable, test.set)
			err := (&Run{recorder: &Recorder{}, args: test.args}).Params(test.into)
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Params = %v; want a *UsageError that says %q", err, test.says)
			}
		})
	}
}

func TestParamsHelp(t *testing.T) {
	t.Parallel()
	err := (&Run{recorder: &Recorder{}, args: []string{"-h"}}).Params(&settings{})
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("Params = %v, want flag.ErrHelp", err)
	}
}

func TestDashed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"C": "c", "MaxDepth": "max-depth", "HTTPPort": "http-port", "UseGPU": "use-gpu", "K1": "k1"} {
		if got := dashed(name); got != want {
			t.Errorf("dashed(%q) = %q, want %q", name, got, want)
		}
	}
}
