package diffargs

// explore finds all nodes, which of them are infinite, and the digests of
// those that are not. It is Tarjan's search for strongly connected components,
// which completes whatever a component refers to before the component itself.
func (g *graph) explore(e *encoder) error {
	type frame struct {
		node int32
		next int32 // of its edges
	}
	var path []frame
	var open []int32 // entered, their components not complete
	entered := int32(0)

	enter := func(n int32) error {
		if err := g.outline(e, n); err != nil {
			return g.locate(e, n, err)
		}
		entered++
		at := &g.nodes[n]
		at.order, at.low, at.open = entered, entered, true
		open = append(open, n)
		path = append(path, frame{n, g.nodes[n].first})
		return nil
	}
	if err := enter(0); err != nil {
		return err
	}
	for len(path) > 0 {
		top := &path[len(path)-1]
		at := &g.nodes[top.node]
		if top.next < at.last {
			target := g.links[top.next].to
			top.next++
			if to := &g.nodes[target]; to.open {
				at.low = min(at.low, to.order)
			} else if to.order == 0 {
				if err := enter(target); err != nil {
					return err
				}
			}
			continue
		}
		n := top.node
		path = path[:len(path)-1]
		if len(path) > 0 {
			above := &g.nodes[path[len(path)-1].node]
			above.low = min(above.low, at.low)
		}
		if at.low != at.order {
			continue
		}
		first := len(open) - 1
		for open[first] != n {
			first--
		}
		if err := g.complete(e, open[first:]); err != nil {
			return err
		}
		open = open[:first]
	}
	return nil
}

// complete settles the nodes of one component. They are the last ones that have
// links: whatever was entered after the first of them is complete or among them.
func (g *graph) complete(e *encoder, members []int32) error {
	infinite := len(members) > 1
	for _, n := range members {
		at := &g.nodes[n]
		at.open = false
		for _, edge := range g.links[at.first:at.last] {
			infinite = infinite || edge.to == n || g.nodes[edge.to].infinite
		}
	}
	g.links = g.links[:g.nodes[members[0]].first]
	for _, n := range members {
		if infinite {
			g.nodes[n].infinite = true
			continue
		}
		digest, err := g.scan(e, n, resolving)
		if err != nil {
			return g.locate(e, n, err)
		}
		g.nodes[n].digest = digest
	}
	return nil
}
