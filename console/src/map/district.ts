/**
 * The district's own map beneath what we draw: vector tiles in one PMTiles file, or a whole style, from
 * the hub itself. Without either, or where the hub does not answer, the map is the grid alone.
 */
import * as maplibre from 'maplibre-gl';
import { PMTiles, Protocol } from 'pmtiles';
import { ApiError } from '../api/client';
import { type DistrictMap, readDistrictMap } from '../api/map';
import type { Bounds } from './geometry';
import { districtLayers } from './district_style';

const SOURCE = 'district';
const protocol = new Protocol();
maplibre.addProtocol('pmtiles', protocol.tile);

/** An address of the hub; anything else is not followed. */
function own(url: string): string | null {
  const at = new URL(url, document.baseURI);
  return at.origin === location.origin ? at.href : null;
}

interface Base {
  sources: Record<string, maplibre.SourceSpecification>;
  layers: maplibre.LayerSpecification[];
  glyphs?: string;
  bounds: Bounds | null;
}

async function tiles(url: string): Promise<Base> {
  const file = new PMTiles(url);
  const [header, metadata] = await Promise.all([file.getHeader(), file.getMetadata()]);
  protocol.add(file);
  const listed = (metadata as { vector_layers?: { id: string }[] }).vector_layers ?? [];
  const source: maplibre.SourceSpecification = { type: 'vector', url: `pmtiles://${url}` };
  return {
    sources: { [SOURCE]: source },
    layers: districtLayers(SOURCE, listed.map(({ id }) => id)),
    bounds: { west: header.minLon, south: header.minLat, east: header.maxLon, north: header.maxLat },
  };
}

async function style(url: string): Promise<Base> {
  const answer = await fetch(url, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  // Addresses in a style may be relative to the hub; MapLibre wants them whole.
  const text = (await answer.text()).replace(/"(pmtiles:\/\/)?(\/[^"]*)"/g, (_, scheme: string | undefined, path: string) => `"${scheme ?? ''}${location.origin}${path}"`);
  const { sources, layers, glyphs } = JSON.parse(text) as maplibre.StyleSpecification;
  return { sources, layers, bounds: null, ...(typeof glyphs === 'string' ? { glyphs } : {}) };
}

let known: Promise<(DistrictMap & { base: Base | null }) | null> | undefined;

/** A hub that does not know the call has no map. */
const none = (error: unknown): DistrictMap => {
  if (error instanceof ApiError && error.status === 404) return {};
  throw error;
};

async function read() {
  const map = await readDistrictMap().catch(none);
  const [styled, tiled] = [map.style && own(map.style), map.pmtiles && own(map.pmtiles)];
  const base = styled ? await style(styled) : tiled ? await tiles(tiled) : null;
  return { ...map, base };
}

export interface District {
  attribution: string;
  bounds: Bounds | null;
}

/** Lays the district's map under the layer `before`; asked for once, and again after a failure. */
export async function addDistrict(map: maplibre.Map, before: string): Promise<District | null> {
  known ??= read().catch((error: unknown) => {
    console.warn(`district map: ${String(error)}`);
    known = undefined;
    return null;
  });
  const found = await known;
  // The map may have been removed meanwhile.
  if (!found?.base || !map.getLayer(before)) return null;
  const { sources, layers, glyphs, bounds } = found.base;
  if (glyphs) map.setGlyphs(glyphs);
  for (const [name, source] of Object.entries(sources)) map.addSource(name, source);
  for (const layer of layers) map.addLayer(layer, before);
  return { attribution: found.attribution ?? '', bounds };
}
