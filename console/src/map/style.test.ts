/** The map's layers against the style specification: MapLibre itself only warns of a fault. */
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import type { LayerSpecification } from 'maplibre-gl';
import { describe, expect, it } from 'vitest';
import { LAYERS as PAGE_LAYERS, SOURCES as PAGE_SOURCES } from '../pages/map/gl_layers';
import { districtLayers } from './district_style';
import { LAYERS, SOURCES } from './gl_style';

const EMPTY = { type: 'geojson', data: { type: 'FeatureCollection', features: [] } } as const;
const faults = (sources: Record<string, object>, layers: LayerSpecification[]) =>
  validateStyleMin({ version: 8, sources, layers } as unknown as Parameters<typeof validateStyleMin>[0], undefined)
    .map(({ message }) => message)
    // Letters come from the fonts of the machine.
    .filter((message) => !message.includes('glyphs'));
const drawn = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, EMPTY]));
const district = (names: string[]) => districtLayers('district', names);
const TILES = { district: { type: 'vector', tiles: ['http://hub/{z}/{x}/{y}'] } };

describe('styles', () => {
  it('of the case map and of the map page are valid', () => {
    expect(faults(drawn(SOURCES), LAYERS)).toEqual([]);
    expect(faults(drawn(PAGE_SOURCES), PAGE_LAYERS)).toEqual([]);
  });

  it('of the usual schemas are valid, and no layer is named twice', () => {
    const all = ['earth', 'landuse', 'park', 'water', 'waterway', 'buildings', 'roads', 'transportation_name', 'boundaries', 'places', 'pois', '市政设施'];
    const layers = district(all);
    expect(faults(TILES, layers)).toEqual([]);
    expect(new Set(layers.map(({ id }) => id)).size).toBe(layers.length);
  });

  it('are noticed when they are not', () => {
    const wrong = { id: 'x', type: 'line', source: 'count', paint: { 'line-colour': '#fff' } } as unknown as LayerSpecification;
    expect(faults(drawn(['count']), [wrong])).not.toEqual([]);
  });
});

describe('the district', () => {
  const order = (names: string[]) => district(names).map(({ id }) => id);

  it('has land below water, houses and roads, whatever the order in its file', () => {
    const ids = order(['roads', 'buildings', 'water', 'earth']);
    const at = (name: string) => ids.indexOf(`district-${name}`);
    expect([at('earth'), at('water'), at('buildings'), at('roads')]).toEqual([...[at('earth'), at('water'), at('buildings'), at('roads')]].sort((a, b) => a - b));
    expect(at('earth')).toBe(0);
  });

  it('has all names on top', () => {
    const types = district(['roads', 'water', 'places', 'kerbs']).map(({ type }) => type);
    expect(types.indexOf('symbol')).toBeGreaterThan(types.lastIndexOf('line'));
    expect(types.indexOf('symbol')).toBeGreaterThan(types.lastIndexOf('fill'));
  });

  it('draws layers that no schema names, and nothing that its file has not', () => {
    expect(order(['市政设施'])).toEqual(['district-市政设施', 'district-市政设施-name']);
    expect(order([])).toEqual([]);
  });
});
