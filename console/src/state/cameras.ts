/** All cameras of the hub, kept current by the stream. */
import { computed, ref } from 'vue';
import { listCameras } from '../api/calls';
import type { Camera, CameraPattern } from '../api/types';
import { paced } from './pace';
import { toastError } from './toasts';

export const cameras = ref<Camera[]>([]);

export const cameraOf = (id: string | null | undefined): Camera | undefined =>
  cameras.value.find((camera) => camera.id === id);

/** Patterns that run somewhere, each once, for complaints. */
export const patterns = computed<CameraPattern[]>(() => {
  const all = new Map<string, CameraPattern>();
  for (const camera of cameras.value) {
    for (const pattern of camera.patterns) all.set(pattern.id, pattern);
  }
  return [...all.values()].sort((a, b) => a.id.localeCompare(b.id));
});

export const refreshCameras = paced(async () => {
  try {
    const items = await listCameras();
    cameras.value = items.sort((a, b) => a.id.localeCompare(b.id));
  } catch (error) {
    toastError(error);
  }
}, 1000);
