package pace

// SetChance replaces g's source of random numbers in [0, 1). It must come
// before the first call; next is called under g's lock.
func (g *Gate) SetChance(next func() float64) { g.chance = next }
