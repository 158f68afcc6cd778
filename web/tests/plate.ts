import type { Layer } from '../src/api/types';

/** A layer of doorplates with two classes, as the catalogue gives it. */
export const plate: Layer = {
  id: 'doorplate', title: { zh: '门楼牌', en: 'Doorplates' }, description: { zh: '', en: '' }, group: 'address', order: 1, visible: true,
  geometry: 'point', assumed: false, owner: null, sensitivity: 'public', smallest_count: 1, zoom: { min: 8, max: 16 }, priority: 'priority', label: 'address',
  code: { property: 'code' }, cluster: { below: 14, by: 'status' }, count: 3, extent: null, governance: null,
  properties: [
    { name: 'status', title: { zh: '状态', en: 'Status' }, type: 'string', unit: null, enum: [{ value: 'mounted', title: { zh: '在挂', en: 'Mounted' } }] },
    { name: 'area_m2', title: { zh: '面积', en: 'Area' }, type: 'number', unit: 'm2', enum: [] },
  ],
  style: {
    color: '#1f5fa8', dark: '#7db3ef', marker: 'diamond', size: 3, opacity: 0, dash: [], by: 'status', label_from: null,
    classes: [{ value: 'mounted', color: '#1b7f5c', dark: '#5cc79b' }, { value: 'odd', color: '#b3261e', dark: null }],
  },
};
