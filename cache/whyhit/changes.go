package whyhit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

// A comparison is of the run that computed a result with the one that loaded it.
type comparison struct {
	before, after *record.RunDetail
	origin, call  *record.CallDetail

	key    Key
	found  []Change
	masked []string
}

func (c *comparison) changes() (changes []Change, masked []string) {
	c.key, c.found, c.masked = coverage(c.call), []Change{}, []string{}
	c.code()
	c.inputs()
	c.environment()
	c.modules()
	c.machine()
	c.program()
	slices.SortStableFunc(c.found, func(a, b Change) int { return cmp.Compare(rank(&a), rank(&b)) })
	return c.found, c.masked
}

// rank orders changes by what they are likely to mean.
func rank(c *Change) int {
	return slices.Index([]Matters{Likely, Possible, Unlikely}, c.Matters)
}

func (c *comparison) add(what What, name, before, after string, matters Matters) {
	if before != after {
		c.found = append(c.found, Change{What: what, Name: name, Before: before, After: after, Matters: matters})
	}
}

// code compares what a version given by hand stands for in the key, and the
// commit, of which the key covers what the function reaches.
func (c *comparison) code() {
	byHand := c.key.Code == "version"
	if byHand {
		c.add(CodeOf, c.call.Function, display.Digest(c.origin.Code.CodeDigest), display.Digest(c.call.Code.CodeDigest), Likely)
	}
	before, after := commit(c.before), commit(c.after)
	if before == after && c.before.VCSDiff != c.after.VCSDiff {
		before, after = before+", of one kind", after+", of another"
	}
	matters := Unlikely
	if byHand {
		matters = Possible
	}
	c.add(Commit, "revision", before, after, matters)
	if n := len(c.found); n > 0 && c.found[n-1].What == Commit {
		c.found[n-1].Covered = !byHand
	}
}

// commit is a revision as it is shown.
func commit(r *record.RunDetail) string {
	const enough = 12
	text := r.VCSRevision[:min(enough, len(r.VCSRevision))]
	if text != "" && r.VCSDirty {
		text += " with uncommitted changes"
	}
	return text
}

// inputs compares the files that both runs were given. Others show in the
// arguments of the programs.
func (c *comparison) inputs() {
	before := map[string]*record.Input{}
	for i := range c.before.Inputs {
		before[c.before.Inputs[i].Path] = &c.before.Inputs[i]
	}
	for i := range c.after.Inputs {
		now := &c.after.Inputs[i]
		then := before[now.Path]
		switch {
		case then == nil:
		case then.Digest != "" && now.Digest != "":
			if then.Digest != now.Digest {
				c.add(Input, now.Path, contentInWords(then), contentInWords(now), Likely)
			}
		case then.Bytes != now.Bytes || !then.Modified.Equal(now.Modified):
			// Its content was not read in one of the runs.
			c.add(Input, now.Path, stampInWords(then), stampInWords(now), Possible)
		}
	}
}

func contentInWords(in *record.Input) string {
	return display.Digest(in.Digest) + ", " + display.Bytes(in.Bytes)
}

func stampInWords(in *record.Input) string {
	return display.Bytes(in.Bytes) + " of " + in.Modified.Format("2006-01-02 15:04:05.999")
}

func (c *comparison) environment() {
	before, after := variables(c.before.Env), variables(c.after.Env)
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, known := before[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		then, wasSet := before[name]
		now, isSet := after[name]
		switch {
		case wasSet && isSet && then == now:
			if strings.Contains(now, secrets.Masked) {
				c.masked = append(c.masked, name)
			}
		default:
			c.found = append(c.found, Change{
				What: Environment, Name: name, Before: setting(then, wasSet), After: setting(now, isSet), Matters: importance(name), Covered: c.key.covers("$" + name),
			})
		}
	}
}

// setting shows the value of a variable, so that an empty one is told from none.
func setting(value string, isSet bool) string {
	if isSet && value == "" {
		return `""`
	}
	return value
}

func variables(env []string) map[string]string {
	list := make(map[string]string, len(env))
	for _, entry := range env {
		if name, value, found := strings.Cut(entry, "="); found && name != "" {
			list[name] = value
		}
	}
	return list
}

// modules compares the versions of those that the key does not contain, and the
// Go version if it does not contain that.
func (c *comparison) modules() {
	before, after := versions(c.before.Modules), versions(c.after.Modules)
	covered := versions(c.key.Modules)
	paths := slices.Collect(maps.Keys(before))
	for path := range after {
		if _, known := before[path]; !known {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	matters := Unlikely // the function reaches none of these
	if c.key.Code == "version" {
		matters = Possible
	}
	for _, path := range paths {
		if _, isPart := covered[path]; !isPart {
			c.add(Module, path, before[path], after[path], matters)
		}
	}
	if c.key.Toolchain == "" {
		c.add(Toolchain, "go", c.before.GoVersion, c.after.GoVersion, Possible)
	}
}

func versions(modules []string) map[string]string {
	list := make(map[string]string, len(modules))
	for _, module := range modules {
		path, version, _ := strings.Cut(module, "@")
		list[path] = version
	}
	return list
}

func (c *comparison) machine() {
	a, b := c.before, c.after
	c.add(Machine, "system", a.OSArch, b.OSArch, Likely)
	c.add(Machine, "processor", a.CPUModel, b.CPUModel, Possible)
	c.add(Machine, "host", a.Host, b.Host, Possible)
	c.add(Machine, "GOMAXPROCS", strconv.Itoa(procs(a)), strconv.Itoa(procs(b)), Possible)
	c.add(Machine, "CPU limit", limitInWords(a.CPULimit), limitInWords(b.CPULimit), Unlikely)
	c.add(Machine, "memory", display.Bytes(a.Memory), display.Bytes(b.Memory), Unlikely)
	c.add(Machine, "memory limit", bytesOrNone(a.MemoryLimit), bytesOrNone(b.MemoryLimit), Unlikely)
}

func procs(r *record.RunDetail) int {
	if r.MaxProcs > 0 {
		return r.MaxProcs
	}
	return r.CPUs
}

func limitInWords(cores float64) string {
	if cores == 0 {
		return "none"
	}
	return fmt.Sprintf("%.4g cores", cores)
}

func bytesOrNone(n int64) string {
	if n == 0 {
		return "none"
	}
	return display.Bytes(n)
}

// program compares how the program was started. What of it reaches the function
// as an argument, the key covers.
func (c *comparison) program() {
	a, b := c.before, c.after
	if arguments(a) != arguments(b) {
		c.add(Argument, "arguments of the program", arguments(a), arguments(b), Possible)
	}
	c.parameters()
	c.add(Folder, "working directory", a.Cwd, b.Cwd, Possible)
	c.add(Program, "name", a.Name, b.Name, Unlikely)
	c.add(User, "user", a.User, b.User, Unlikely)
	c.add(Recording, "recorded", recordedBy(a), recordedBy(b), Unlikely)
}

func arguments(r *record.RunDetail) string {
	return strings.Join(r.Argv[min(1, len(r.Argv)):], " ")
}

func recordedBy(r *record.RunDetail) string {
	switch {
	case r.Outside && r.Itself:
		return "by itself, and by labbook run"
	case r.Outside:
		return "by labbook run"
	}
	return "by itself"
}

// parameters compares those that differ by something else than that they are new
// or gone: the code says which there are.
func (c *comparison) parameters() {
	before := map[string]string{}
	for _, p := range c.before.Params {
		before[p.Name] = p.Value
	}
	for _, p := range c.after.Params {
		if then, known := before[p.Name]; known {
			c.add(Parameter, p.Name, then, p.Value, Possible)
		}
	}
}
